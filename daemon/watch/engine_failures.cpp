// Failed polls: which of a job's questions fail, when each is asked again, what the log is told.
//
// A job asks several things by turns: for its newest build, and how each of those that run stands. While nothing is
// answered well the job backs off as a whole. Once another question of it is, the one that fails backs off alone, and
// what the others find out is told. Its outage goes on until none of its questions fails.
#include <algorithm>
#include <limits>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
namespace {

void count_up(std::uint8_t& failures) {
  if (failures < std::numeric_limits<std::uint8_t>::max()) ++failures;
}

}  // namespace

/// How often the question that was just answered had failed in a row. Null: it is none whose failures count, or what it
/// was about is watched no more.
std::uint8_t* engine::state::failures_of(job_index job) {
  job_state& j = jobs[job];
  switch (j.kind) {
    case errand_kind::look:
    case errand_kind::exist: return j.trouble ? &j.trouble->looks : nullptr;
    case errand_kind::poll: {
      watched_build* const b = j.find(j.asked);
      return b ? &b->failures : nullptr;
    }
    case errand_kind::scan:
    case errand_kind::missed: {
      gap* const g = j.news();
      return g ? &g->failures : nullptr;
    }
    case errand_kind::record:
    case errand_kind::past: return nullptr;
  }
  return nullptr;
}

/// Whether any of its questions failed when it was last asked.
bool engine::state::still_failing(job_index job) const {
  job_state const& j = jobs[job];
  if (!followed(job)) return false;  // one question at a time, and each tells of the same build
  if (j.trouble && j.trouble->looks > 0) return true;
  if (!j.pursuit) return false;
  gap const* const g = j.news();
  return (g && g->failures > 0) ||
         std::ranges::any_of(j.pursuit->builds, [](watched_build const& b) { return b.failures > 0; });
}

void engine::state::forget_failures(job_index job) {
  job_state& j = jobs[job];
  if (j.trouble) j.trouble->failures = j.trouble->looks = 0;
  if (!j.pursuit) return;
  for (watched_build& b : j.pursuit->builds) b.failures = 0;
  if (gap* const g = j.news()) g->failures = 0;
}

/// Of an outage known from an earlier run it is not known which questions failed: it is over when each is answered.
void engine::state::suspect_all(job_index job) {
  job_state& j = jobs[job];
  j.trouble->looks = 1;
  if (!j.pursuit) return;
  for (watched_build& b : j.pursuit->builds) b.failures = 1;
}

/// The question that was just answered fails no more. What is to be told of the job's outage because of that.
track::notice engine::state::answered_well(job_index job, base::instant now, commands& out) {
  if (std::uint8_t* const own = failures_of(job)) *own = 0;
  job_state& j = jobs[job];
  if (j.trouble) j.trouble->failures = 0;
  // One build may be asked about as one that is watched, and as one of a gap.
  if (watched_build* const b = j.kind == errand_kind::scan ? j.find(j.asked) : nullptr) b->failures = 0;
  gap* const g = j.news();
  if (g && j.kind == errand_kind::poll && g->now == gap::step::scanning && g->next == j.asked) g->failures = 0;
  return recovered(job, now, out);
}

track::notice engine::state::recovered(job_index job, base::instant now, commands& out) {
  return still_failing(job) ? track::notice::none : end_trouble(job, now, out);
}

void engine::state::poll_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                                commands& out) {
  bool const begins = !jobs[job].trouble || !jobs[job].trouble->reach.failing();
  trouble& t = begin_trouble(job, now);
  t.fault = seen.fault;
  bool const missed = std::exchange(t.not_found, false);
  set_failing(job, true);
  std::uint32_t const build = place_after_failure(job, sent, now.mono);
  std::string text = build == 0 ? seen.text : "build " + std::to_string(build) + ": " + seen.text;
  bool const news = begins || missed || t.text != text;
  t.text = std::move(text);
  watched_build const* const alone = build != 0 ? jobs[job].find(build) : nullptr;
  log_failure(job, news, alone ? alone->due : jobs[job].due, now.mono, out);
  if (build != 0 && give_up(job, build, now, out)) return;
  if (!decide(job, now, out) && !tell_next(job, now, out)) enqueue(job);
}

/// A build that nobody has seen, and that fails for good while all else of the job is answered, is no reason to call
/// the job unreachable for ever.
bool engine::state::give_up(job_index job, std::uint32_t build, base::instant now, commands& out) {
  watched_build* const b = jobs[job].find(build);
  if (!b || track::under_way(b->known) || now.mono - b->since < track::patience) return false;
  let_go(job, *b, "could not be asked about for 24 h", out);
  proceed(job, recovered(job, now, out), std::nullopt, now, out);
  return true;
}

void engine::state::not_found(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                              commands& out) {
  trouble& t = begin_trouble(job, now);
  bool const news = !t.not_found;
  t.not_found = true;
  t.fault = model::fault::other;
  t.text = "not_found: " + seen.text;
  set_failing(job, false);
  place_after_failure(job, sent, now.mono);
  if (t.reminder.worth_a_line(news, now.mono)) {
    if (!std::exchange(t.logged, true)) ++provider_of(job).logged;
    job_options const& how = what.jobs[job];
    log_job(job, base::log_level::error, "job.not_found",
            "job " + how.name + ": provider " + what.providers[how.provider].name + " knows no job " +
                how.job_id.str() + " (" + seen.text +
                "); check job_id, the provider's region or endpoint, and that its credentials may see the project",
            out);
  }
  if (!decide(job, now, out)) enqueue(job);
}

/// The number of the build whose own fault it is, as others of the job's questions are answered; 0: that of the job.
std::uint32_t engine::state::place_after_failure(job_index job, base::time_point sent, base::time_point now) {
  job_state& j = jobs[job];
  trouble& t = *j.trouble;
  provider_state const& p = provider_of(job);
  bool const first = t.failures++ == 0;
  // Where the provider as a whole is quiet, the poll is still owed: it is due when the quiet ends, behind all that
  // waited longer. But if others were answered since this job failed before, the fault follows the job, which then must
  // not keep them waiting.
  bool const follows_job = !first && p.last_heard > t.last_failure;
  t.last_failure = now;
  bool const owed = (t.fault == model::fault::throttled || t.fault == model::fault::refused) && !t.not_found;

  bool const alone = back_off(job, sent, now);
  bool const asked = j.kind == errand_kind::poll || j.kind == errand_kind::scan;
  std::uint32_t const build = alone && asked ? j.asked : 0;
  if (owed) j.due = follows_job ? std::max(j.due, p.gate.opens()) : std::max(p.gate.opens(), now + base::duration(1));
  // At its deadline fresh evidence is to decide: no back-off jumps over it.
  if (decides_at(job, now)) j.due = std::min(j.due, deadline_of(job));
  return build;
}

/// Whether its deadline lies ahead.
bool engine::state::decides_at(job_index job, base::time_point now) const {
  return jobs[job].trouble->reach.told == track::told::nothing && now < deadline_of(job);
}

/// True: alone.
bool engine::state::back_off(job_index job, base::time_point sent, base::time_point now) {
  job_state& j = jobs[job];
  unsigned const in_a_row = j.trouble->failures;
  std::uint8_t* const counted = failures_of(job);
  if (counted) count_up(*counted);
  unsigned const own = counted ? *counted : in_a_row;
  // Failed before as well, and another question was answered since.
  bool const alone = followed(job) && own > in_a_row;
  postpone(job, job_backoff(interval_of(job), alone ? own : in_a_row), alone, sent, now);
  if (alone && (j.kind == errand_kind::scan || j.kind == errand_kind::missed)) pass_by(job, now);
  j.due = next_turn(job).due;
  return alone;
}

/// What failed is asked again that `delay` after `sent`, at the nearest point of its grid. Unless it fails alone,
/// nothing else of the job is asked before that, and whatever is due then goes first: it may tell more.
void engine::state::postpone(job_index job, base::duration delay, bool alone, base::time_point sent,
                             base::time_point now) {
  job_state& j = jobs[job];
  pursuit* const p = j.pursuit.get();
  watched_build* const failed = j.kind == errand_kind::poll ? j.find(j.asked) : nullptr;
  gap* const news = j.news();
  bool const scanned = news && (j.kind == errand_kind::scan || j.kind == errand_kind::missed);
  bool const looked = !failed && !scanned;
  base::time_point const again = next_on_grid(failed ? failed->anchor : j.anchor, interval_of(job), sent + delay, now);
  bool tie = false;
  auto const leave = [&](base::time_point& due) {
    if (due == base::time_point::max()) return;
    if (!alone) due = std::max(due, again);
    tie = tie || due <= again;
  };
  if (!looked) leave(j.look);
  if (p && !scanned) leave(p->soon);
  for (std::size_t i = 0; p && i < p->builds.size(); ++i) {
    if (&p->builds[i] != failed) leave(p->builds[i].due);
  }
  base::time_point due = again + base::duration(tie ? 1 : 0);
  if (decides_at(job, now)) due = std::min(due, deadline_of(job));
  if (failed) {
    failed->anchor = again;
    failed->due = due;
  } else if (scanned) {
    news->again = due;
  } else {
    j.anchor = again;
    if (j.look != base::time_point::max()) j.look = due;
  }
}

}  // namespace buildwatch::watch

// What an answer means for a build: that it has started, that it has ended, that it takes too long.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

// A build that nobody has seen run, and that is not there: it waits to begin, or its number was skipped.
constexpr base::duration absent_before = std::chrono::hours(1);
// A build that ran, and is not there any more.
constexpr base::duration absent_after = std::chrono::hours(24);

std::string name_of(std::string const& job, std::uint32_t number) {
  return "job " + job + ": build " + std::to_string(number);
}

}  // namespace

pursuit& engine::state::pursue(job_index job) {
  auto& p = jobs[job].pursuit;
  if (!p) p = std::make_unique<watch::pursuit>();
  return *p;
}

inquiry& engine::state::inquire(job_index job, base::time_point soon) {
  pursuit& p = pursue(job);
  if (!p.inquiry) p.inquiry = std::make_unique<watch::inquiry>();
  p.soon = soon;
  return *p.inquiry;
}

/// Lets go of what is not needed while nothing is under way.
void engine::state::tidy(job_index job) {
  auto& p = jobs[job].pursuit;
  if (!p) return;
  if (p->inquiry && p->inquiry->empty()) {
    p->inquiry.reset();
    p->soon = base::time_point::max();
  }
  if (p->builds.empty() && !p->inquiry) p.reset();
}

/// The build as it is watched already, or from now on.
watched_build& engine::state::watch_build(job_index job, std::uint32_t number, base::time_point due) {
  pursuit& p = pursue(job);
  if (watched_build* const known = p.find(number)) return *known;
  auto const at = std::ranges::find_if(p.builds, [&](auto const& b) { return b.number > number; });
  watched_build b;
  b.number = number;
  b.anchor = b.due = b.since = due;
  return *p.builds.insert(at, b);
}

void engine::state::forget_build(job_index job, std::uint32_t number) {
  if (jobs[job].pursuit) std::erase_if(jobs[job].pursuit->builds, [&](auto const& b) { return b.number == number; });
}

/// `at`: when the answer arrived; `now`, or a little before it.
std::optional<build_transition> engine::state::see_build(job_index job, watched_build& b,
                                                         model::observation const& seen, base::time_point sent,
                                                         base::instant at, commands& out) {
  job_options const& how = what.jobs[job];
  bool const absent = seen.sight == model::sight::no_such_build;
  if (absent && !b.absent && track::under_way(b.known)) {
    log_build(job, b.number, base::log_level::warn, "build.gone",
              name_of(how.name, b.number) + " was running and is not known to the provider any more; it is waited for",
              out);
  }
  if (!absent || !b.absent) b.since = at.mono;
  b.absent = absent;
  track::build_step const step = track::observe(b.known, seen.sight, sent, at.mono);
  bool const moved =
      step.known.last_running != b.known.last_running || step.known.undecided_since != b.known.undecided_since;
  if (moved) mark(job);
  b.known = track::not_stored(b.known, step.known);
  place_poll(job, b, sent, at);
  switch (step.change) {
    case track::build_change::none: break;
    case track::build_change::started: {
      model::event e = event_of_job(job, model::event_type::build_started, b.number, at);
      e.build = track::describe(b.number, step, seen, nullptr, how.outcomes.get(), at);
      return build_transition{b.number, step.known.phase, false, std::move(e)};
    }
    case track::build_change::finished:
    case track::build_change::settled: return ended(job, b.number, step, seen, at);
    case track::build_change::let_go: let_go(job, b, "was neither running nor finished for 24 h", out); return {};
  }
  if (track::under_way(b.known) && !jobs[job].pursuit->recalled) ask_lengths(job, out);
  if (absent && followed(job)) {
    bool const ran = track::under_way(b.known);
    if (at.mono - b.since >= (ran ? absent_after : absent_before)) {
      let_go(job, b, ran ? "was running, and has not been there for 24 h" : "has never been there", out);
      return {};
    }
  }
  return overdue(job, b, seen, at);
}

/// Its record tells more of it, if it comes in time. nullopt: it is waited for.
std::optional<build_transition> engine::state::ended(job_index job, std::uint32_t number, track::build_step const& step,
                                                     model::observation const& seen, base::instant at) {
  provider_state const& p = provider_of(job);
  bool const askable = !stopped && !p.gate.quiet(at.mono) && may(job, extra_call::record, at.mono);
  ending e{step, seen, at, at.mono + what.providers[what.jobs[job].provider].timeout, number};
  if (!askable) return told(job, e, nullptr);
  base::time_point const deadline = e.deadline;
  // Ahead of all that waits: an event does.
  base::time_point const first = p.due.empty() ? at.mono : std::min(at.mono, p.due.top().due - base::duration(1));
  inquire(job, first).ending = std::make_unique<ending>(std::move(e));
  provider_of(job).deadlines.push(deadline, job);
  return {};
}

build_transition engine::state::told(job_index job, ending const& e, model::build_record const* record) {
  model::event event = event_of_job(job, model::event_type::build_finished, e.number, e.at);
  event.build = track::describe(e.number, e.step, e.seen, record, what.jobs[job].outcomes.get(), e.at);
  pursuit* const p = jobs[job].pursuit.get();
  if (p && p->inquiry && p->inquiry->news && !p->inquiry->news->reason.empty()) {
    event.reason = std::exchange(p->inquiry->news->reason, {});
  }
  learn(job, *event.build, e.at.mono);
  return {e.number, e.step.known.phase, false, std::move(event)};
}

/// The record has come, or is not to be had. That the job answers again may not have been stored yet.
void engine::state::finish(job_index job, model::build_record const* record, base::instant now, commands& out) {
  ending const e = std::move(*std::exchange(jobs[job].pursuit->inquiry->ending, nullptr));
  track::notice const notice = recovered(job, now, out);
  proceed(job, notice, told(job, e, record), now, out);
}

void engine::state::take_record(answered const& in, base::instant now, commands& out) {
  model::observation const& seen = in.seen;
  std::uint32_t const number = jobs[in.job].asked;
  bool const there = seen.sight == model::sight::record && !seen.records.empty() && seen.records[0].number == number;
  if (seen.sight == model::sight::refused_call) {
    leave_alone(in.job, extra_call::record, now.mono);
  } else if (seen.sight == model::sight::failed) {
    gate_failed(in.job, seen, in.sent.mono, now, out);
  }
  if (seen.sight != model::sight::failed) provider_heard(in.job, true, in.sent.mono, now, out);
  if (jobs[in.job].pursuit && jobs[in.job].pursuit->inquiry && jobs[in.job].pursuit->inquiry->ending) {
    finish(in.job, there ? &seen.records[0] : nullptr, now, out);
  } else {
    proceed(in.job, track::notice::none, std::nullopt, now, out);
  }
}

/// Final, without an event.
void engine::state::let_go(job_index job, watched_build& b, std::string_view why, commands& out) {
  job_options const& how = what.jobs[job];
  bool const hole = b.absent && !track::under_way(b.known);
  log_build(job, b.number, hole ? base::log_level::debug : base::log_level::warn, "build.let_go",
            name_of(how.name, b.number) + " " + std::string(why) + "; it is not watched any longer", out);
  mark(job);
  if (!followed(job)) jobs[job].done = true;
  forget_build(job, b.number);
}

std::optional<build_transition> engine::state::overdue(job_index job, watched_build const& b,
                                                       model::observation const& seen, base::instant now) const {
  timing const& times = *what.jobs[job].times;
  pursuit const& p = *jobs[job].pursuit;
  base::time_point const begin = track::begin_of(b.known, now);
  bool const runs = seen.sight == model::sight::running || (b.absent && track::under_way(b.known));
  if (b.overdue || !runs || begin == track::never) return {};
  std::string reason;
  if (times.overdue_auto) {
    auto const usual = p.lengths ? p.lengths->outlook.overdue_after() : std::nullopt;
    if (!usual || now.mono - begin < *usual) return {};
    reason = "its " + std::to_string(p.lengths->outlook.builds()) +
             " builds before say that it should have ended after " + model::for_people(*usual) + " at the latest";
  } else {
    if (times.overdue_after == base::duration::zero() || now.mono - begin < times.overdue_after) return {};
    reason = "overdue_after is " + model::for_people(times.overdue_after);
  }
  model::event e = event_of_job(job, model::event_type::build_overdue, b.number, now);
  e.reason = std::move(reason);
  e.build = track::describe(b.number, {b.known, track::build_change::none}, seen, nullptr, nullptr, now);
  return build_transition{b.number, b.known.phase, true, std::move(e)};
}

void engine::state::ask_lengths(job_index job, commands& out) {
  pursue(job).recalled = true;
  std::uint64_t const token = next_token++;
  pending_commit asked;
  asked.what = pending_commit::kind::recall;
  asked.index = job;
  pending.emplace(token, std::move(asked));
  out.recalls.push_back({token, job});
}

void engine::state::take(recalled const& in, base::instant now, commands& out) {
  auto const at = pending.find(in.token);
  if (at == pending.end()) return;
  job_index const job = at->second.index;
  pending.erase(at);
  job_state& j = jobs[job];
  if (!j.pursuit || in.newest_first.size() < forecast::least_for_estimate) return;
  forecast::outlook past(in.newest_first);
  forecast::pacing paces(past, what.jobs[job].times->building);
  j.pursuit->lengths = std::make_unique<lengths const>(lengths{std::move(past), std::move(paces)});
  for (watched_build& b : j.pursuit->builds) {
    if (track::under_way(b.known)) place_poll(job, b, std::max(b.known.last_running, b.known.newest_sent), now);
  }
  if (j.stage != stage::queued || (j.trouble && j.trouble->reach.failing())) return;
  j.due = next_turn(job).due;
  enqueue(job);
  tick(what.jobs[job].provider, now, out);
}

}  // namespace buildwatch::watch

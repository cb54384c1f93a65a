// What an answer means: for the build, for the job, for when to ask next.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
namespace {

enum class meaning : std::uint8_t {
  failed,
  about_build,  ///< running, finished, undecided, or absent from a job that is known to exist
  unproven,     ///< no such build, and perhaps no such job either
  existence,    ///< the job is there, as far as can be told
  not_found,
  out_of_place,  ///< an answer to another question: a bug of the source
};

meaning meaning_of(asks asked, model::sight seen, bool proven) {
  if (seen == model::sight::failed) return meaning::failed;
  if (asked == asks::build) {
    switch (seen) {
      case model::sight::running:
      case model::sight::finished:
      case model::sight::undecided: return meaning::about_build;
      case model::sight::no_such_build: return proven ? meaning::about_build : meaning::unproven;
      default: return meaning::out_of_place;
    }
  }
  switch (seen) {
    case model::sight::job_exists:
    case model::sight::refused_call: return meaning::existence;
    case model::sight::no_such_job: return meaning::not_found;
    default: return meaning::out_of_place;
  }
}

}  // namespace

void engine::state::take(answered const& in, asks asked, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  switch (meaning_of(asked, in.seen.sight, j.proven)) {
    case meaning::failed:
      provider_failed(in.job, in.seen, in.sent.mono, now, out);
      poll_failed(in.job, in.seen, in.sent.mono, now, out);
      break;
    case meaning::about_build:
      prove(in.job);
      provider_heard(in.job, true, in.sent.mono, now, out);
      poll_good(in.job, in.seen, in.sent.mono, now, out);
      break;
    case meaning::unproven:
      provider_heard(in.job, false, in.sent.mono, now, out);
      j.ask_existence = true;
      j.due = now.mono;
      enqueue(in.job);
      break;
    case meaning::existence: told_to_exist(in, now, out); break;
    case meaning::not_found:
      provider_heard(in.job, false, in.sent.mono, now, out);
      not_found(in.job, in.seen, in.sent.mono, now, out);
      break;
    case meaning::out_of_place: {
      model::observation wrong;
      wrong.text = "internal error: an answer to another question";
      provider_failed(in.job, wrong, in.sent.mono, now, out);
      poll_failed(in.job, wrong, in.sent.mono, now, out);
      break;
    }
  }
}

void engine::state::prove(job_index job) {
  if (!std::exchange(jobs[job].proven, true)) mark(job);
}

void engine::state::told_to_exist(answered const& in, base::instant now, commands& out) {
  job_options const& how = what.jobs[in.job];
  prove(in.job);
  provider_heard(in.job, true, in.sent.mono, now, out);
  if (in.seen.sight == model::sight::refused_call) {
    log_job(in.job, base::log_level::warn, "job.unverified",
            "job " + how.name + ": whether it exists can not be asked (" + in.seen.text + "); its build " +
                std::to_string(how.build) + " is waited for all the same",
            out);
  }
  model::observation absent;
  absent.sight = model::sight::no_such_build;
  poll_good(in.job, absent, in.sent.mono, now, out);
}

void engine::state::poll_good(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                              commands& out) {
  job_state& j = jobs[job];
  job_options const& how = what.jobs[job];
  track::notice const notice = end_trouble(job, now, out);

  bool const absent = seen.sight == model::sight::no_such_build;
  if (absent && !j.absent && track::under_way(j.build)) {
    log_job(job, base::log_level::warn, "build.gone",
            "job " + how.name + ": build " + std::to_string(how.build) +
                " was running and is not known to the provider any more; it is waited for",
            out);
  }
  j.absent = absent;

  track::build_step const step = track::observe(j.build, seen.sight, sent, now.mono);
  bool const moved =
      step.known.last_running != j.build.last_running || step.known.undecided_since != j.build.undecided_since;
  if (moved) mark(job);
  j.build = track::not_stored(j.build, step.known);
  place(job, interval_of(job), sent, now.mono);

  std::optional<build_transition> found;
  if (step.change == track::build_change::let_go) {
    if (notice == track::notice::none) {  // else the next answer lets it go: first things first
      j.build = step.known;
      mark(job);
    }
    log_job(job, base::log_level::warn, "build.let_go",
            "job " + how.name + ": build " + std::to_string(how.build) +
                " was neither running nor finished for 24 h; it is not watched any longer",
            out);
  } else if (step.change != track::build_change::none) {
    bool const starts = step.change == track::build_change::started;
    model::event_type const type = starts ? model::event_type::build_started : model::event_type::build_finished;
    model::event e = event_of_job(job, type, how.build, now);
    e.build = track::describe(how.build, step, seen, how.outcomes.get(), now);
    found.emplace(build_transition{step.known.phase, std::move(e)});
  }

  if (notice != track::notice::none) {
    commit_reach(job, notice, std::move(found), now, out);
  } else if (found) {
    commit_build(job, std::move(*found), now, out);
  } else {
    resume(job);
  }
}

void engine::state::poll_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                                commands& out) {
  trouble& t = begin_trouble(job, now);
  bool const news = t.failures == 0 || t.text != seen.text || t.not_found;
  t.not_found = false;
  t.fault = seen.fault;
  t.text = seen.text;
  set_failing(job, true);
  place_after_failure(job, sent, now.mono);
  log_failure(job, news, now.mono, out);
  if (!decide(job, now, out)) enqueue(job);
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
            "job " + how.name + ": provider " + what.providers[how.provider].name + " knows no job " + how.job_id +
                " (" + seen.text +
                "); check job_id, the provider's region or endpoint, and that its credentials may see the project",
            out);
  }
  if (!decide(job, now, out)) enqueue(job);
}

void engine::state::place_after_failure(job_index job, base::time_point sent, base::time_point now) {
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

  place(job, job_backoff(interval_of(job), t.failures), sent, now);
  if (owed) j.due = follows_job ? std::max(j.due, p.gate.opens()) : std::max(p.gate.opens(), now + base::duration(1));
  if (t.reach.told != track::told::nothing) return;
  // At its deadline fresh evidence is to decide: no back-off jumps over it.
  base::time_point const deadline = deadline_of(job);
  if (now < deadline) j.due = std::min(j.due, deadline);
}

}  // namespace buildwatch::watch

// Outages: the clocks of jobs and providers, and whose outage it is when one has lasted long enough.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
namespace {

// A job that is to be asked at its deadline gets this long for the request to leave; then time decides.
constexpr base::duration grace = std::chrono::seconds(1);

bool of_provider(model::fault f) {
  return f == model::fault::refused || f == model::fault::throttled || f == model::fault::no_connection;
}

}  // namespace

bool engine::state::record_awaited(job_index job) const {
  pursuit const* const p = jobs[job].pursuit.get();
  return p && p->inquiry && p->inquiry->ending;
}

base::time_point engine::state::deadline_of(job_index job) const {
  return jobs[job].trouble->reach.since + what.jobs[job].times->unreachable_after;
}

bool engine::state::overdue(provider_state const& p, base::time_point now) const {
  return p.reach.failing() && now - p.reach.since >= p.unreachable_after;
}

trouble& engine::state::begin_trouble(job_index job, base::instant now) {
  job_state& j = jobs[job];
  if (!j.trouble) j.trouble = std::make_unique<watch::trouble>();
  trouble& t = *j.trouble;
  if (t.reach.failing()) return t;
  t.reach = track::after_failure(t.reach, now);
  mark(job);
  if (t.reach.told != track::told::nothing) return t;
  provider_state& p = provider_of(job);
  if (p.deadlines.size() > 2 * p.jobs.size() + 64) {
    p.deadlines.keep_if([&](due_queue::entry const& e) {
      if (record_awaited(e.job)) return true;
      watch::trouble const* const of = jobs[e.job].trouble.get();
      return of && of->reach.failing() && of->reach.told == track::told::nothing && e.due >= deadline_of(e.job);
    });
  }
  p.deadlines.push(deadline_of(job), job);
  return t;
}

track::notice engine::state::end_trouble(job_index job, base::instant now, commands& out) {
  job_state& j = jobs[job];
  if (!j.trouble) return track::notice::none;
  trouble& t = *j.trouble;
  if (t.reach.failing()) mark(job);
  set_failing(job, false);
  if (std::exchange(t.logged, false)) {
    --provider_of(job).logged;
    std::string lasted =
        t.reach.failing() ? " after " + model::wait_for_people(now.mono - t.reach.since) : std::string();
    log_job(job, base::log_level::info, t.not_found ? "job.found" : "poll.answered_again",
            "job " + what.jobs[job].name + (t.not_found ? " is found" : " answers again") + lasted, out);
  }
  track::reach_step const step = track::tell(track::after_good(t.reach), false);
  if (step.known.told == track::told::nothing) {
    j.trouble.reset();
    return track::notice::none;
  }
  t = watch::trouble{};
  t.reach = step.known;
  return step.what;
}

void engine::state::set_failing(job_index job, bool failing) {
  trouble& t = *jobs[job].trouble;
  if (std::exchange(t.failing, failing) == failing) return;
  provider_state& p = provider_of(job);
  failing ? ++p.failing : --p.failing;
}

void engine::state::provider_failed(job_index job, model::observation const& seen, base::time_point sent,
                                    base::instant now, commands& out) {
  provider_index const which = what.jobs[job].provider;
  provider_state& p = providers[which];
  p.reach = track::after_failure(p.reach, now);
  gate_failed(job, seen, sent, now, out);
  if (!of_provider(seen.fault)) {
    p.cause_since = track::never;
    return;
  }
  if (p.cause_since == track::never) p.cause_since = now.mono;
  p.last_cause = seen.text;
  tell_of_provider(which, now.mono - p.cause_since >= p.unreachable_after, seen.text, now, out);
}

/// Throttled, or refused: the provider is left in peace for a time.
void engine::state::gate_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                                commands& out) {
  provider_state& p = provider_of(job);
  bool begins = false;
  if (seen.fault == model::fault::throttled) begins = p.gate.throttled(sent, now.mono, seen.retry_after);
  if (seen.fault == model::fault::refused) {
    base::time_point const before = p.gate.opens();
    begins = p.gate.refused(sent, now.mono);
    if (p.gate.opens() != before) out.remember = true;  // a crash is not to shorten it
  }
  // What was asked with another credential, or before a quiet that is over, makes no quiet.
  bool const of_gate = seen.fault == model::fault::throttled || seen.fault == model::fault::refused;
  if (of_gate && p.gate.quiet(now.mono) && p.reminder.worth_a_line(begins, now.mono))
    log_gate(job, seen, now.mono, out);
}

void engine::state::provider_heard(job_index job, bool good, base::time_point sent, base::instant now, commands& out) {
  provider_index const which = what.jobs[job].provider;
  provider_state& p = providers[which];
  gate::ended const over = p.gate.heard(sent);
  if (over.what == gate::trouble::refused) out.remember = true;  // a crash is not to bring the pause back
  if (over.what != gate::trouble::none) {
    p.reminder = {};
    log_provider(which, base::log_level::info, "provider.answered_again",
                 "provider " + what.providers[which].name + " answers again after " +
                     model::wait_for_people(now.mono - over.since),
                 out);
  }
  p.last_heard = now.mono;
  p.cause_since = track::never;
  p.cause_logged = false;
  p.reach = track::after_good(p.reach);
  if (!p.deferred.empty()) release_deferred(p, job, now.mono);
  if (p.reach.told == track::told::unreachable && now.mono >= p.retell_at) {
    start_clocks_anew(p, good ? job : no_job, now.mono);
    tell_of_provider(which, false, {}, now, out);
  }
}

void engine::state::start_clocks_anew(provider_state& p, job_index but, base::time_point now) {
  for (std::size_t i = 0; i < p.jobs.size(); ++i) {
    job_index const job = p.jobs[i];
    job_state& j = jobs[job];
    if (job == but || !j.trouble) continue;
    trouble& t = *j.trouble;
    forget_failures(job);
    if (t.reach.told == track::told::nothing) {
      mark(job);
      t.reach = track::after_good(t.reach);
      t.deferred = t.heard_meanwhile = false;
      set_failing(job, false);
    }
    // Their back-offs were made by the outage: asked within an interval, one after the other.
    base::duration const wait = interval_of(job) / static_cast<base::duration::rep>(p.jobs.size());
    base::time_point const soon = now + wait * static_cast<base::duration::rep>(i + 1);
    if (j.stage != stage::queued || j.due <= soon) continue;
    j.due = soon;
    enqueue(job);
  }
}

void engine::state::release_deferred(provider_state& p, job_index but, base::time_point now) {
  for (job_index const job : std::exchange(p.deferred, {})) {
    job_state& j = jobs[job];
    if (job == but || !j.trouble || !std::exchange(j.trouble->deferred, false)) continue;
    j.trouble->heard_meanwhile = true;
    if (j.stage != stage::queued || j.due <= now) continue;
    j.due = now;
    enqueue(job);
  }
}

bool engine::state::none_is_well(provider_state const& p, base::time_point now) const {
  return std::ranges::none_of(p.jobs, [&](job_index job) {
    job_state const& j = jobs[job];
    return j.stage == stage::queued && j.polled != track::never && j.due > now && !(j.trouble && j.trouble->failing);
  });
}

bool engine::state::each_failed_twice(provider_state const& p) const {
  return std::ranges::none_of(p.jobs, [&](job_index job) {
    trouble const* const t = jobs[job].trouble.get();
    return t && t->failing && t->failures < 2;
  });
}

bool engine::state::decide(job_index job, base::instant now, commands& out) {
  trouble& t = *jobs[job].trouble;
  if (!t.reach.failing() || t.reach.told != track::told::nothing || now.mono < deadline_of(job)) return false;
  provider_index const which = what.jobs[job].provider;
  provider_state& p = providers[which];
  track::circumstances c;
  c.provider_failing = p.reach.failing();
  c.provider_told = c.provider_failing && p.reach.told != track::told::nothing;
  c.provider_overdue = overdue(p, now.mono);
  c.cause_is_providers = of_provider(t.fault) && !t.not_found;
  c.heard_meanwhile = t.heard_meanwhile;
  if (!c.provider_told && t.failing && p.failing >= 2) {  // looks at all jobs: not for what is told already
    c.all_fail = p.failing == p.watched || (c.provider_overdue && none_is_well(p, now.mono));
    c.all_fail_surely = c.all_fail && (c.provider_overdue || each_failed_twice(p));
  }
  switch (track::at_deadline(c)) {
    case track::decision::nothing: return false;
    case track::decision::provider: tell_of_provider(which, true, t.text, now, out); return false;
    case track::decision::job: commit_reach(job, track::notice::unreachable, std::nullopt, now, out); return true;
    case track::decision::defer: break;
  }
  base::time_point const until = p.reach.since + p.unreachable_after;
  if (!std::exchange(t.deferred, true)) {
    p.deadlines.push(until, job);
    p.deferred.push_back(job);
  }
  // What it waits for is fresh evidence: no back-off meanwhile.
  jobs[job].due = std::min({jobs[job].due, now.mono + interval_of(job), std::max(until, now.mono + base::duration(1))});
  return false;
}

void engine::state::tell_of_provider(provider_index which, bool is_overdue, std::string_view reason, base::instant now,
                                     commands& out) {
  provider_state& p = providers[which];
  track::reach_step const step = track::tell(p.reach, is_overdue);
  if (step.what == track::notice::none) return;
  p.reach = step.known;
  commit_provider(which, step.what, reason, now, out);
}

void engine::state::run_deadlines(provider_index which, base::instant now, commands& out) {
  provider_state& p = providers[which];
  if (stopped) return;
  while (!p.deadlines.empty() && p.deadlines.top().due <= now.mono) {
    job_index const job = p.deadlines.top().job;
    p.deadlines.pop();
    run_deadline(job, now, out);
  }
  if (owes_recovery(p) && now.mono >= p.retell_at) tell_of_provider(which, false, {}, now, out);
  if (!p.gate.quiet(now.mono) || p.cause_since == track::never || now.mono < p.retell_at) return;
  if (now.mono - p.cause_since < p.unreachable_after) return;
  tell_of_provider(which, true, p.last_cause, now, out);
}

void engine::state::run_deadline(job_index job, base::instant now, commands& out) {
  job_state& j = jobs[job];
  provider_state& p = provider_of(job);
  if (record_awaited(job) && j.stage == stage::queued && now.mono >= j.pursuit->inquiry->ending->deadline) {
    j.stage = stage::held;
    finish(job, nullptr, now, out);
    return;
  }
  if (!j.trouble || !j.trouble->reach.failing() || j.trouble->reach.told != track::told::nothing) return;
  base::time_point const deadline = deadline_of(job);
  if (now.mono < deadline) return;  // the clock started anew, and has an entry of its own
  // It failed before a restart: its first answer since decides, not the time that has passed.
  if (j.polled == track::never) return;
  // An answer on its way decides, and so does one to a request that may leave at any moment.
  bool const leaves =
      j.stage == stage::queued && !p.gate.quiet(now.mono) && j.due <= now.mono && now.mono < j.due + grace;
  if (leaves || j.stage != stage::queued) {
    p.deadlines.push(now.mono + grace, job);
    return;
  }
  base::time_point const before = j.due;
  if (!decide(job, now, out) && j.due != before) enqueue(job);
}

}  // namespace buildwatch::watch

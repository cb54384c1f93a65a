#include "buildwatch/watch/engine.hpp"

#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
void commands::clear() {
  asks.clear();
  commits.clear();
  logs.clear();
  remember = false;
}

void engine::state::enqueue(job_index job) {
  provider_state& p = provider_of(job);
  jobs[job].stage = stage::queued;
  if (p.due.size() > 2 * p.jobs.size() + 64) {
    p.due.keep_if(
        [&](due_queue::entry const& e) { return jobs[e.job].stage == stage::queued && jobs[e.job].due == e.due; });
  }
  p.due.push(jobs[job].due, job);
}

base::duration engine::state::interval_of(job_index job) const {
  timing const& times = *what.jobs[job].times;
  return track::under_way(jobs[job].build) && !jobs[job].absent ? times.building : times.idle;
}

void engine::state::place(job_index job, base::duration delay, base::time_point sent, base::time_point now) {
  job_state& j = jobs[job];
  j.anchor = next_on_grid(j.anchor, interval_of(job), sent + delay, now);
  j.due = j.anchor;
  if (!track::under_way(j.build) || j.build.undecided_since == track::never) return;
  // The end of settling is asked for in time, however long the interval.
  base::time_point const decided = j.build.undecided_since + track::settle_time;
  if (decided > now) j.due = std::min(j.due, decided);
}

void engine::state::resume(job_index job) {
  job_state& j = jobs[job];
  if (!track::final(j.build)) {
    enqueue(job);
    return;
  }
  j.stage = stage::done;
  --provider_of(job).watched;
}

void engine::state::dispatch(provider_index which, base::instant now, commands& out) {
  provider_state& p = providers[which];
  while (!stopped && !p.due.empty()) {
    due_queue::entry const next = p.due.top();
    job_state& j = jobs[next.job];
    if (j.stage != stage::queued || j.due != next.due) {
      p.due.pop();
      continue;
    }
    if (next.due > now.mono || p.gate.quiet(now.mono) || p.in_flight >= p.gate.width()) break;
    if (!p.bucket.take(now.mono)) break;
    p.due.pop();
    ++p.in_flight;
    j.stage = stage::in_flight;
    job_options const& how = what.jobs[next.job];
    watch::query const query{j.ask_existence ? asks::newest : asks::build, how.job_id, how.build};
    out.asks.push_back({which, next.job, query, next.due});
  }
  p.wake = wake_of(p);
}

base::time_point engine::state::wake_of(provider_state const& p) const {
  base::time_point wake = base::time_point::max();
  if (stopped) return wake;
  if (!p.deadlines.empty()) wake = p.deadlines.top().due;
  if (p.cause_since != track::never && p.reach.told == track::told::nothing) {
    // While the provider is quiet nothing is asked that could decide: time alone does.
    base::time_point const at = std::max(p.cause_since + p.unreachable_after, p.retell_at);
    if (at < p.gate.opens()) wake = std::min(wake, at);
  }
  if (owes_recovery(p)) wake = std::min(wake, p.retell_at);
  if (!p.due.empty() && p.in_flight < p.gate.width()) {
    wake = std::min(wake, std::max({p.due.top().due, p.gate.opens(), p.bucket.next()}));
  }
  return wake;
}

void engine::state::tick(provider_index which, base::instant now, commands& out) {
  run_deadlines(which, now, out);
  dispatch(which, now, out);
}

engine::engine(options what, memory const& known, base::instant now)
    : state_(std::make_unique<state>(std::move(what))) {
  state_->begin(directory(state_->what), known, std::vector<bool>(state_->jobs.size()), now);
}
engine::~engine() = default;
engine::engine(engine&&) noexcept = default;

void engine::tick(base::instant now, commands& out) {
  state_->last_now = now.mono;
  state_->say(out);
  for (provider_index i = 0; i < state_->providers.size(); ++i) {
    if (state_->providers[i].wake <= now.mono) state_->tick(i, now, out);
  }
}

void engine::answer(answered const& in, base::instant now, commands& out) {
  state& s = *state_;
  s.last_now = now.mono;
  job_state& j = s.jobs[in.job];
  if (j.stage != stage::in_flight) return;  // nobody asked
  --s.provider_of(in.job).in_flight;
  j.stage = stage::held;
  j.answered = true;
  asks const asked = std::exchange(j.ask_existence, false) ? asks::newest : asks::build;
  // What a stop has cut short says nothing about the other side.
  if (!s.stopped || in.seen.sight != model::sight::failed) s.take(in, asked, now, out);
  s.tick(s.what.jobs[in.job].provider, now, out);
}

void engine::settle(committed const& in, base::instant now, commands& out) {
  state& s = *state_;
  s.last_now = now.mono;
  auto const at = s.pending.find(in.token);
  if (at == s.pending.end()) return;
  pending_commit what = std::move(at->second);
  s.pending.erase(at);
  if (!in.stored) s.log_journal(in, now.mono, out);
  s.settle(what, in, now, out);
  bool const of_provider = what.what == pending_commit::kind::provider_reach;
  s.tick(of_provider ? what.index : s.what.jobs[what.index].provider, now, out);
}

void engine::renewed(provider_index which, base::instant now, commands& out) {
  state& s = *state_;
  provider_state& p = s.providers[which];
  if (s.stopped || !p.gate.renewed(now.mono)) return;
  s.last_now = now.mono;
  s.log_other_credential(which, out);
  s.ask_refused_again(which, now.mono);
  s.tick(which, now, out);
}

bool engine::refused(provider_index which) const {
  return !state_->stopped && state_->providers[which].gate.now_in() == gate::trouble::refused;
}

void engine::stop() {
  state_->stopped = true;
  for (provider_state& p : state_->providers) p.wake = base::time_point::max();
}

base::time_point engine::next_due() const {
  state const& s = *state_;
  base::time_point next = base::time_point::max();
  for (provider_state const& p : s.providers) next = std::min(next, p.wake);
  if (next == base::time_point::max()) return next;
  // Whatever was due at the last input has been done: a moment that has passed would make the caller spin.
  if (next <= s.last_now) next = s.last_now + std::chrono::milliseconds(1);
  if (s.grid == base::duration::zero()) return next;
  base::duration const past = next.time_since_epoch() % s.grid;
  return past == base::duration::zero() ? next : next + (s.grid - past);
}

engine_counts engine::counts() const {
  engine_counts n;
  n.jobs = state_->jobs.size();
  for (job_state const& j : state_->jobs) {
    bool const told = j.trouble && (j.trouble->reach.told == track::told::unreachable ||
                                    j.trouble->reach.told == track::told::taking_back);
    if (track::final(j.build)) {
      ++n.done;
    } else if (told) {
      ++n.unreachable;
    } else if (j.trouble && j.trouble->not_found) {
      ++n.not_found;
    } else if (track::under_way(j.build)) {
      ++n.running;
    } else if (j.build.undecided_since != track::never) {
      ++n.queued;
    } else if (!j.answered) {
      ++n.pending;
    } else {
      ++n.idle;
    }
  }
  return n;
}

options const& engine::settings() const { return state_->what; }

}  // namespace buildwatch::watch

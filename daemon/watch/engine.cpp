#include "buildwatch/watch/engine.hpp"

#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
void commands::clear() {
  asks.clear();
  commits.clear();
  notes.clear();
  recalls.clear();
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

void engine::state::resume(job_index job) {
  job_state& j = jobs[job];
  if (j.done) {
    j.stage = stage::done;
    --provider_of(job).watched;
    return;
  }
  // While it fails its back-off holds, whatever of it is due.
  if (!j.trouble || j.trouble->failures == 0) j.due = next_turn(job).due;
  enqueue(job);
}

/// Asks what is most urgent of the job.
void engine::state::send(job_index job, base::time_point due, base::time_point now, commands& out) {
  job_state& j = jobs[job];
  if (followed(job) && !may(job, extra_call::newest, now) && next_turn(job).kind == errand_kind::look) {
    inquiry& i = inquire(job, now);
    if (!i.search) i.search.emplace(begin_search(job, now));
  }
  turn const t = next_turn(job);
  j.stage = stage::in_flight;
  j.kind = t.kind;
  j.asked = t.build;
  out.asks.push_back({what.jobs[job].provider, job, query_of(job, t), due});
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
    std::size_t const chosen = choose(p, now);
    due_queue::entry const turn_of = p.due.entries()[chosen];
    p.due.remove(chosen);
    ++p.in_flight;
    send(turn_of.job, turn_of.due, now.mono, out);
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
  // What a stop has cut short says nothing about the other side; a build whose record is missing is told all the same.
  bool const cut_short = s.stopped && in.seen.sight == model::sight::failed;
  if (!cut_short) s.count(in, now.mono);
  if (!cut_short || j.kind == errand_kind::record) s.take(in, now, out);
  s.tick(s.what.jobs[in.job].provider, now, out);
}

void engine::state::count(answered const& in, base::time_point now) {
  job_state& j = jobs[in.job];
  provider_state& p = provider_of(in.job);
  bool const failed = in.seen.sight == model::sight::failed;
  j.polled = now;
  if (!failed && in.seen.sight != model::sight::no_such_job) j.heard = now;
  ++(failed ? p.failed : p.answered);
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

void engine::take(recalled const& in, base::instant now, commands& out) {
  state_->last_now = now.mono;
  state_->take(in, now, out);
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

options const& engine::settings() const { return state_->what; }

}  // namespace buildwatch::watch

// Other settings while everything runs: what remains moves over to its new place, with all that is known of it and all
// that it waits for.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {

reindexed engine::reconfigure(options what, memory const& known, base::instant now, commands& out) {
  auto next = std::make_unique<state>(std::move(what));
  directory const names(next->what);
  std::vector<bool> kept(next->jobs.size());
  reindexed moved = next->take_over(*state_, names, now, out);
  for (job_index const job : moved.jobs) {
    if (job != reindexed::gone) kept[job] = true;
  }
  next->begin(names, known, kept, now);
  state_ = std::move(next);
  state_->last_now = now.mono;
  for (provider_index i = 0; i < state_->providers.size(); ++i) {
    if (state_->providers[i].other_credential) state_->ask_refused_again(i, now.mono);
    state_->tick(i, now, out);
  }
  state_->say(out);
  return moved;
}

reindexed engine::state::take_over(state& before, directory const& names, base::instant now, commands& out) {
  next_token = before.next_token;
  complained_at = before.complained_at;
  stopped = before.stopped;
  to_say = std::move(before.to_say);
  reindexed moved;
  for (provider_index i = 0; i < before.providers.size(); ++i) {
    provider_options const& had = before.what.providers[i];
    provider_index const which = names.provider(had.name);
    moved.providers.push_back(which);
    if (which != directory::nowhere) take_provider(which, had, before.providers[i], now, out);
  }
  moved.jobs.reserve(before.jobs.size());
  for (job_index i = 0; i < before.jobs.size(); ++i) {
    job_options const& had = before.what.jobs[i];
    provider_index const of = moved.providers[had.provider];
    job_index const job = of == directory::nowhere ? directory::nowhere : names.job(of, had.job_id, had.build);
    moved.jobs.push_back(job);
    if (job == directory::nowhere) continue;
    jobs[job] = std::move(before.jobs[i]);
    take_job(job, had, now);
  }
  take_pending(before, moved);
  for (job_index const job : before.handed_out) {
    if (moved.jobs[job] != reindexed::gone) handed_out.push_back(moved.jobs[job]);
  }
  return moved;
}

void engine::state::take_provider(provider_index which, provider_options const& had, provider_state& before,
                                  base::instant now, commands& out) {
  provider_options const& how = what.providers[which];
  provider_state& p = providers[which] = std::move(before);
  p.forget_jobs();
  p.kept = true;
  p.gate.connections(how.connections);
  if (how.rate_per_second != had.rate_per_second) p.bucket.change_rate(how.rate_per_second, now.mono);
  p.other_credential = how.credential != had.credential || how.has_credential != had.has_credential;
  if (!p.other_credential) return;
  if (p.gate.now_in() == gate::trouble::refused) log_other_credential(which, out);
  p.gate.other_credential(how.has_credential, now.mono);
}

void engine::state::take_job(job_index job, job_options const& had, base::instant now) {
  job_state& j = jobs[job];
  job_options const& how = what.jobs[job];
  if (j.listed) unsaved.push_back(job);
  if (how.name != had.name) mark(job);
  if (j.refused) {  // whoever reloads may have had the calls allowed
    j.refused.reset();
    mark(job);
    // A search that goes by what was refused begins anew, unless it has just been asked something.
    bool const asked = j.stage == stage::in_flight && j.kind == errand_kind::look;
    if (!asked && j.pursuit && j.pursuit->inquiry) j.pursuit->inquiry->search.reset();
  }
  if (j.stage == stage::done) return;
  if (*how.times != *had.times) take_times(job, *had.times, now);
  if (j.stage == stage::in_flight || j.stage == stage::held) return;  // what comes of it places the next poll
  if (!j.trouble || !j.trouble->reach.failing()) j.due = std::min(j.due, next_turn(job).due);
  if (!j.trouble || !j.trouble->reach.failing() || j.trouble->reach.told != track::told::nothing) return;
  // Its deadline may be another now, and fresh evidence is to decide.
  j.due = std::min(j.due, std::max(now.mono, deadline_of(job)));
}

/// Shorter intervals hold at once, longer ones from the next poll on.
void engine::state::take_times(job_index job, timing const& had, base::instant now) {
  job_state& j = jobs[job];
  timing const& times = *what.jobs[job].times;
  if (times.idle < had.idle && j.look > now.mono && j.look != base::time_point::max()) {
    base::time_point const sooner = next_on_grid(j.anchor, times.idle, now.mono, now.mono);
    if (sooner < j.look) j.anchor = j.look = sooner;
  }
  if (!j.pursuit) return;
  if (times.building != had.building && j.pursuit->lengths) {
    forecast::outlook past = j.pursuit->lengths->outlook;
    forecast::pacing paces(past, times.building);
    j.pursuit->lengths = std::make_unique<lengths const>(lengths{std::move(past), std::move(paces)});
  }
  for (watched_build& b : j.pursuit->builds) {
    bool const runs = track::under_way(b.known) && !b.absent;
    if ((runs ? times.building >= had.building : times.idle >= had.idle) || b.due <= now.mono) continue;
    base::time_point const sooner = next_on_grid(b.anchor, interval_of(job, b), now.mono, now.mono);
    if (sooner < b.due) b.anchor = b.due = sooner;
  }
}

void engine::state::take_pending(state& before, reindexed const& moved) {
  for (auto& [token, commit] : before.pending) {
    bool const of_provider = commit.what == pending_commit::kind::provider_reach;
    commit.index = of_provider ? moved.providers[commit.index] : moved.jobs[commit.index];
    if (commit.index != reindexed::gone) pending.emplace(token, std::move(commit));
  }
}

/// Their polls were put off to the end of a pause that is over.
void engine::state::ask_refused_again(provider_index which, base::time_point now) {
  for (job_index const job : providers[which].jobs) {
    job_state& j = jobs[job];
    if (j.stage != stage::queued || j.due <= now || !j.trouble || j.trouble->fault != model::fault::refused) continue;
    j.due = now;
    enqueue(job);
  }
}

void engine::forget(provider_index which, base::instant now, commands& out) {
  state_->last_now = now.mono;
  --state_->providers[which].in_flight;
  state_->tick(which, now, out);
}

}  // namespace buildwatch::watch

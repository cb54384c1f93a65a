// How watching begins, for all jobs or for those that a reload has added: what is known from an earlier time, and when
// each is asked first.
#include <algorithm>
#include <utility>

#include "buildwatch/track/moments.hpp"
#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {
namespace {

constexpr base::duration tick_grid = std::chrono::milliseconds(10);
constexpr double polls_per_second_for_grid = 500;
constexpr std::string_view refused_before = "its credentials were refused when it was last asked";

double idle_rate(options const& what) {
  double rate = 0;
  for (job_options const& j : what.jobs) rate += 1e9 / static_cast<double>(j.times->idle.count());
  return rate;
}

/// First polls of a provider: how many there are, and how many have been placed.
struct first_polls {
  std::size_t count = 0;
  std::size_t placed = 0;
};

}  // namespace

engine::state::state(options given) : what(std::move(given)), jobs(what.jobs.size()) {
  what.jobs.shrink_to_fit();
  if (idle_rate(what) > polls_per_second_for_grid) grid = tick_grid;
  providers.reserve(what.providers.size());
  for (provider_options const& p : what.providers) providers.emplace_back(p);
}

/// `kept`: jobs of which more is known than `known` tells.
void engine::state::begin(directory const& names, memory const& known, std::vector<bool> const& kept,
                          base::instant now) {
  last_now = now.mono - base::duration(1);
  recall(names, known, kept, now);
  for (job_index i = 0; i < jobs.size(); ++i) count_job(i);
  for (provider_state& p : providers) {
    p.wake = now.mono;
    if (p.watched == 0) nobody_to_watch(p, now.mono);
  }
  spread_first_polls(kept, now.mono);
  fill_queues();
}

void engine::state::recall(directory const& names, memory const& known, std::vector<bool> const& kept,
                           base::instant now) {
  for (provider_memory const& m : known.providers) {
    provider_index const which = names.provider(m.name);
    if (which != directory::nowhere && !providers[which].kept) recall_provider(which, m, now);
  }
  for (job_memory const& m : known.jobs) {
    provider_index const of = names.provider(m.provider);
    if (of == directory::nowhere) continue;
    job_index const job = names.job(of, m.job_id, m.build);
    if (job != directory::nowhere && !kept[job]) recall_job(job, m, now);
  }
}

void engine::state::recall_job(job_index job, job_memory const& known, base::instant now) {
  job_state& j = jobs[job];
  j.done = known.done;
  j.begun = known.begun;
  j.past_known = known.listed;
  j.newest = known.newest;
  for (build_memory const& b : known.builds) recall_build(job, b, now);
  for (std::size_t i = 0; i < extra_calls; ++i) {
    if (!known.refused[i] || *known.refused[i] <= now.wall) continue;
    leave_alone(job, static_cast<extra_call>(i), now.mono);
    base::duration const rest = track::sensible(*known.refused[i] - now.wall, std::chrono::hours(24));
    (*j.refused)[i] = now.mono + rest;
  }
  j.proven = known.proven;
  if (known.name != what.jobs[job].name) mark(job);
  reach_memory const& r = known.reach;
  if (j.done || (!r.told && !r.since)) return;
  j.trouble = std::make_unique<watch::trouble>();
  j.trouble->reach = track::recalled(r.told, r.told_begin, r.since, r.lasted, now);
  // As far as is known its last poll failed. Its next one tells better.
  j.trouble->failing = j.trouble->reach.failing();
  if (j.trouble->failing) suspect_all(job);
}

void engine::state::recall_build(job_index job, build_memory const& known, base::instant now) {
  watched_build& b = watch_build(job, known.number, now.mono);
  track::build_phase const phase = known.running ? track::build_phase::running : track::build_phase::waiting;
  b.known =
      track::recalled({phase, known.started_at, known.first_running, known.last_running, known.undecided_since}, now);
  b.overdue = known.overdue;
  if (!followed(job)) jobs[job].look = base::time_point::max();
}

void engine::state::recall_provider(provider_index which, provider_memory const& known, base::instant now) {
  provider_state& p = providers[which];
  provider_options const& how = what.providers[which];
  reach_memory const& r = known.reach;
  p.saved = known;
  p.reach = track::recalled(r.told, r.told_begin, r.since, r.lasted, now);
  if (p.reach.told == track::told::unreachable && !p.reach.failing()) p.retell_at = now.mono;
  if (!known.refused_until || !how.has_credential || how.credential != known.credential) return;

  if (!p.reach.failing()) p.reach = track::after_failure(p.reach, now);
  p.cause_since = p.reach.since;
  p.last_cause = refused_before;
  base::duration rest{};
  if (*known.refused_until >= now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(gate::pause)) {
    rest = gate::pause;
  } else if (*known.refused_until > now.wall) {
    rest = *known.refused_until - now.wall;
  }
  p.gate.recall_refusal(now.mono + rest, p.reach.since, now.mono);
  if (rest == base::duration::zero()) return;
  base::log_event said{base::log_level::error, "provider.refused", {}, {{"provider", how.name}}};
  said.text = "provider " + how.name + ": " + std::string(refused_before) + ": nothing is asked for " +
              model::wait_for_people(rest) + ", then one request at a time as a trial; check its auth";
  to_say.push_back(std::move(said));
}

void engine::state::count_job(job_index job) {
  provider_state& p = provider_of(job);
  job_state& j = jobs[job];
  p.jobs.push_back(job);
  p.unreachable_after = std::min(p.unreachable_after, what.jobs[job].times->unreachable_after);
  if (j.done && j.stage == stage::queued) j.stage = stage::done;
  if (j.stage != stage::done) ++p.watched;
  if (!j.trouble) return;
  if (j.trouble->failing) ++p.failing;
  if (j.trouble->logged) ++p.logged;
}

void engine::state::nobody_to_watch(provider_state& p, base::time_point now) {
  p.cause_since = track::never;
  if (p.kept || p.jobs.empty() || p.reach.told != track::told::unreachable) return;
  // The last of its jobs was answered well: only that it recovered has got lost.
  p.reach = track::after_good(p.reach);
  p.retell_at = now;
}

/// Builds that run are asked about within their own interval, beside the others.
void engine::state::spread_first_polls(std::vector<bool> const& kept, base::time_point now) {
  std::vector<first_polls> run(providers.size()), wait(providers.size());
  auto const group = [&](job_index job) -> first_polls& {
    return (under_way(job) ? run : wait)[what.jobs[job].provider];
  };
  auto const is_new = [&](job_index job) { return !kept[job] && jobs[job].stage == stage::queued; };
  for (job_index i = 0; i < jobs.size(); ++i) {
    if (is_new(i)) ++group(i).count;
  }
  for (job_index i = 0; i < jobs.size(); ++i) {
    if (!is_new(i)) continue;
    job_options const& how = what.jobs[i];
    first_polls& among = group(i);
    base::duration const offset =
        first_poll_offset(among.placed++, among.count, what.providers[how.provider].rate_per_second, interval_of(i));
    place_first(i, now + offset);
  }
}

void engine::state::place_first(job_index job, base::time_point when) {
  job_state& j = jobs[job];
  j.anchor = j.due = when;
  if (j.look != base::time_point::max()) j.look = when;
  if (!j.pursuit) return;
  for (watched_build& b : j.pursuit->builds) b.anchor = b.due = when;
}

void engine::state::fill_queues() {
  for (provider_state& p : providers) p.due.reserve(p.watched);
  for (job_index i = 0; i < jobs.size(); ++i) {
    job_state const& j = jobs[i];
    provider_state& p = provider_of(i);
    if (j.stage == stage::queued) enqueue(i);
    if (!j.trouble) continue;
    if (j.trouble->reach.failing() && j.trouble->reach.told == track::told::nothing) {
      p.deadlines.push(deadline_of(i), i);
      if (clock_runs(i)) mark(i);
    }
    if (!j.trouble->deferred || !p.reach.failing()) continue;
    p.deferred.push_back(i);
    p.deadlines.push(p.reach.since + p.unreachable_after, i);
  }
}

}  // namespace buildwatch::watch

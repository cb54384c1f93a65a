// What is known, as it is stored: with a transition, or by itself when it has changed without one.
#include <algorithm>
#include <chrono>
#include <utility>

#include "buildwatch/track/moments.hpp"
#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

using namespace std::chrono_literals;

reach_memory memory_of(track::reachability const& reach, sending what, base::instant now) {
  track::reachability const known = track::settled(reach, what == sending::transition);
  reach_memory m;
  m.told = known.told == track::told::unreachable;
  if (m.told) m.told_begin = known.told_begin;
  if (!known.failing()) return m;
  m.since = known.since_wall;
  m.lasted = now.mono - known.since;
  return m;
}

std::optional<base::wall_time> wall_if(base::time_point when, base::instant now) {
  if (when == track::never) return std::nullopt;
  return track::wall_of(when, now);
}

build_memory memory_of(watched_build const& b, base::instant now) {
  build_memory m;
  m.number = b.number;
  m.running = b.known.phase == track::build_phase::running;
  m.overdue = b.overdue;
  if (b.known.started_at != track::no_time) m.started_at = b.known.started_at;
  m.first_running = wall_if(b.known.first_running, now);
  m.last_running = wall_if(b.known.last_running, now);
  m.undecided_since = wall_if(b.known.undecided_since, now);
  return m;
}

/// Nobody needs to know how long an outage lasts once it is told of, and the end of a pause is no news for a rounded
/// millisecond.
bool same(provider_memory const& a, provider_memory b) {
  if (a.reach.told && b.reach.told) b.reach.lasted = a.reach.lasted;
  bool const both = a.refused_until && b.refused_until;
  if (both && std::chrono::abs(*a.refused_until - *b.refused_until) < 1s) b.refused_until = a.refused_until;
  return a == b;
}

}  // namespace

job_memory engine::state::memory_of(job_index job, sending what_for, base::instant now) const {
  job_state const& j = jobs[job];
  job_options const& how = what.jobs[job];
  job_memory m;
  m.provider = what.providers[how.provider].name;
  m.job_id = how.job_id.str();
  m.build = how.build;
  m.name = how.name;
  m.done = j.done;
  m.proven = j.proven;
  m.begun = j.begun;
  m.listed = j.past_known;
  m.newest = j.newest;
  if (j.pursuit) {
    for (watched_build const& b : j.pursuit->builds) m.builds.push_back(watch::memory_of(b, now));
  }
  for (std::size_t i = 0; j.refused && i < extra_calls; ++i) {
    if ((*j.refused)[i] > now.mono) m.refused[i] = track::wall_of((*j.refused)[i], now);
  }
  if (j.trouble) m.reach = watch::memory_of(j.trouble->reach, what_for, now);
  return m;
}

provider_memory engine::state::memory_of(provider_state const& p, provider_index which, sending what_for,
                                         base::instant now) const {
  provider_memory m;
  m.name = what.providers[which].name;
  m.reach = watch::memory_of(p.reach, what_for, now);
  if (p.gate.now_in() != gate::trouble::refused) return m;
  m.refused_until = track::wall_of(p.gate.opens(), now);
  m.credential = what.providers[which].credential;
  return m;
}

/// An outage that goes on, and that how long it has will decide about: known better each minute.
bool engine::state::clock_runs(job_index job) const {
  trouble const* const t = jobs[job].trouble.get();
  if (!t || !t->reach.failing() || t->reach.told != track::told::nothing) return false;
  track::told const told = providers[what.jobs[job].provider].reach.told;
  return told == track::told::nothing || told == track::told::telling;
}

void engine::state::mark(job_index job) {
  job_state& j = jobs[job];
  j.unsaved = true;
  if (!std::exchange(j.listed, true)) unsaved.push_back(job);
}

memory engine::state::changed(base::instant now, std::size_t most) {
  memory m;
  handed_out.clear();
  auto const end = unsaved.begin() + static_cast<std::ptrdiff_t>(std::min(most, unsaved.size()));
  std::vector<job_index> const batch(unsaved.begin(), end);
  unsaved.erase(unsaved.begin(), end);
  for (job_index const job : batch) {
    job_state& j = jobs[job];
    if (j.unsaved) {
      m.jobs.push_back(memory_of(job, sending::alone, now));
      handed_out.push_back(job);
      j.unsaved = clock_runs(job);
    }
    j.listed = j.unsaved;
    if (j.listed) unsaved.push_back(job);
  }
  collect_providers(m, now);
  return m;
}

void engine::state::collect_providers(memory& into, base::instant now) {
  for (provider_index i = 0; i < providers.size(); ++i) {
    provider_state& p = providers[i];
    p.handed_out = false;
    provider_memory known = memory_of(p, i, sending::alone, now);
    if (!p.unsaved && same(known, p.saved)) continue;
    p.handed_out = true;
    p.unsaved = false;
    p.saved = known;
    into.providers.push_back(std::move(known));
  }
}

void engine::state::unremembered() {
  for (job_index const job : std::exchange(handed_out, {})) mark(job);
  for (provider_state& p : providers) p.unsaved = std::exchange(p.handed_out, false) || p.unsaved;
}

memory engine::changed(base::instant now, std::size_t most) { return state_->changed(now, most); }
std::size_t engine::changed_jobs() const { return state_->unsaved.size(); }
void engine::unremembered() { state_->unremembered(); }

}  // namespace buildwatch::watch

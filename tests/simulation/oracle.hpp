// The oracle: knows what must come of what happened. Simple, and apart from the code under test.
#pragma once

#include "simulation/deliveries.hpp"
#include "simulation/following.hpp"
#include "simulation/limits.hpp"
#include "simulation/transitions.hpp"

namespace buildwatch::simulation {

struct oracle {
  oracle(virtual_clock const& clock, chronicle& log, world& truth)
      : told(log),
        transitions(clock, log),
        following(clock, log, truth),
        deliveries(clock, log),
        limits(clock, log),
        truth_(truth) {}

  void life_begins(setup const& s) {
    transitions.life_begins();
    transitions.in_force(s);
    following.in_force(s);
    deliveries.life_begins(s);
    limits.life_begins(s);
    for (provider_setup const& p : s.providers) {
      if (limits.refused(p.how.name)) transitions.pauses(p.how.name);
    }
  }
  void life_ends() {
    transitions.life_ends();
    following.life_ends();
    deliveries.life_ends();
    limits.life_ends();
  }
  void reloaded(setup const& before, setup const& now) {
    transitions.in_force(now);
    following.reloaded(now);
    deliveries.reloaded(now);
    limits.reloaded(before, now);
  }
  /// An answer was handed to the daemon.
  void answered(std::string const& provider, std::string const& job_id, std::uint32_t build, watch::asks what,
                model::observation const& seen) {
    transitions.answered(provider, job_id, build, what, seen);
    following.answered(provider, job_id, build, what, seen);
  }
  /// The daemon wants it stored.
  void claimed(watch::transition const& what) {
    transitions.claimed(what);
    following.claimed(what);
  }
  void stored(watch::transition const& what, base::duration ago) {
    transitions.stored(what);
    if (what.job) transitions.remembered(*what.job, ago);
    following.stored(what);
  }
  /// What is missing, by those settings; empty: nothing.
  [[nodiscard]] std::string missing(setup const& s) const {
    for (job_setup const& j : s.jobs) {
      std::string what = is_followed(j.job_id) ? following.missing_of(j) : std::string();
      if (!what.empty()) return what;
    }
    std::string what = transitions.missing(s, truth_);
    return what.empty() ? deliveries.missing() : what;
  }
  /// What was known of those in `what` was stored `ago` after it was known.
  void remembered(watch::memory const& what, base::duration ago) {
    for (watch::job_memory const& j : what.jobs) transitions.remembered(j, ago);
    for (watch::provider_memory const& p : what.providers) {
      transitions.remembered(p.name, ago);
      limits.remembered(p.name, ago);
    }
    following.stored(what);
  }
  void store_failed() {
    limits.store_failed();
    deliveries.store_failed();
  }

  chronicle& told;
  simulation::transitions transitions;
  simulation::following following;
  simulation::deliveries deliveries;
  simulation::limits limits;

 private:
  world& truth_;
};

}  // namespace buildwatch::simulation

// The oracle: knows what must come of what happened. Simple, and apart from the code under test.
#pragma once

#include "simulation/deliveries.hpp"
#include "simulation/limits.hpp"
#include "simulation/transitions.hpp"

namespace buildwatch::simulation {

struct oracle {
  oracle(virtual_clock const& clock, chronicle& log)
      : told(log), transitions(clock, log), deliveries(clock, log), limits(clock, log) {}

  void life_begins(setup const& s) {
    transitions.life_begins();
    transitions.in_force(s);
    deliveries.life_begins(s);
    limits.life_begins(s);
    for (provider_setup const& p : s.providers) {
      if (limits.refused(p.how.name)) transitions.pauses(p.how.name);
    }
  }
  void life_ends() {
    transitions.life_ends();
    deliveries.life_ends();
    limits.life_ends();
  }
  void reloaded(setup const& before, setup const& now) {
    transitions.in_force(now);
    deliveries.reloaded(now);
    limits.reloaded(before, now);
  }
  /// What was known `ago` was stored.
  void remembered(base::duration ago) {
    transitions.remembered(ago);
    limits.remembered(ago);
  }
  void store_failed() {
    limits.store_failed();
    deliveries.store_failed();
  }

  chronicle& told;
  simulation::transitions transitions;
  simulation::deliveries deliveries;
  simulation::limits limits;
};

}  // namespace buildwatch::simulation

// Which sinks an event is owed to, said once more and simply: to hold the daemon's rules against.
#pragma once

#include <set>
#include <string>

#include "buildwatch/model/event.hpp"
#include "simulation/setup.hpp"

namespace buildwatch::simulation {

[[nodiscard]] std::set<std::string> sinks_owed(setup const& s, model::event const& e);

}  // namespace buildwatch::simulation

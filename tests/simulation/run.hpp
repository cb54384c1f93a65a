// One seed's run: a world, a daemon that lives and dies in it, and what the oracle says.
#pragma once

#include <cstdint>
#include <string>

#include "buildwatch/base/time.hpp"

namespace buildwatch::simulation {

struct outcome {
  std::string failure;  ///< empty: all is well
  std::uint64_t hash = 0;
  base::duration simulated{};
  std::uint64_t polls = 0, transitions = 0, deliveries = 0, repeated = 0, dead = 0;
  std::uint64_t crashes = 0, stops = 0, reloads = 0;
};

/// `verbose`: what happens is told on standard error.
[[nodiscard]] outcome run(std::uint64_t seed, bool verbose);

}  // namespace buildwatch::simulation

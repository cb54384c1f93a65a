// A finished build, as far as forecasts need to know it.
#pragma once

#include <cstdint>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::forecast {

struct past_build {
  std::uint32_t number = 0;
  base::duration lasted{};  ///< from start to end; above zero
  model::outcome outcome = model::outcome::unknown;
};

/// So many of a job's finished builds are looked at, the newest first.
inline constexpr std::size_t most_past_builds = 100;

}  // namespace buildwatch::forecast

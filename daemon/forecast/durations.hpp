// The model: how long the next build may take, from what past ones took. Pure.
#pragma once

#include <span>

#include "buildwatch/forecast/past.hpp"
#include "buildwatch/forecast/survival.hpp"

namespace buildwatch::forecast {

/// Newest first. Without any, something vague.
[[nodiscard]] survival durations_of(std::span<past_build const> newest_first);

}  // namespace buildwatch::forecast

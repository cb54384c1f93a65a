// How much each past build counts for the next one, and how exactly. Pure.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace buildwatch::forecast {

/// By how much (of a logarithm) the duration of a past build may be blurred: 0.03 is about 3 %.
inline constexpr std::array<double, 4> widths{0.012, 0.03, 0.08, 0.25};

/// The same for a duration that is known to the second, as most are: what takes a few seconds is never known to 3 %.
[[nodiscard]] double blurred(double width, double log_seconds);

/// For each width, for each build: its share. All of them together sum to 1.
using weights = std::array<std::vector<double>, widths.size()>;

/// Some jobs take the same time for months and some change from build to build, so nothing is settled beforehand: each
/// width is tried with each of several speeds of forgetting, and a pair counts by how well it would have foretold the
/// newest builds from those before them. `logs`: logarithms of durations, the newest first; at least one.
[[nodiscard]] weights weigh(std::span<double const> logs);

}  // namespace buildwatch::forecast

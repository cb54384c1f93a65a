// Moments of the interval clock as wall time, and back: for stamps, and for what is known from an earlier run. Pure.
#pragma once

#include "buildwatch/base/time.hpp"

namespace buildwatch::track {

/// The wall time of a moment, by what both clocks show now.
[[nodiscard]] base::wall_time wall_of(base::time_point when, base::instant now);

/// The moment at which the wall clock showed `then`, by what it shows now. Never later than `now`, and at most a
/// hundred years before: where the wall clock has been set back behind `then`, it is `now`.
[[nodiscard]] base::time_point moment_of(base::wall_time then, base::instant now);

/// `d`, but neither negative nor above `most`: a length of time that was read from somewhere.
[[nodiscard]] base::duration sensible(base::duration d, base::duration most);

}  // namespace buildwatch::track

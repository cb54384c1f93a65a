// Time as buildwatch sees it: one clock for intervals and deadlines, one for stamps.
#pragma once

#include <chrono>

namespace buildwatch::base {

/// Marks time points of the interval clock: CLOCK_BOOTTIME, which no step of the wall clock moves and which
/// counts sleep. It has no now(): logic is handed the time, and only `service` reads a clock.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};

using duration = boot_clock::duration;
using time_point = boot_clock::time_point;

/// Wall time, UTC, in milliseconds: for stamps shown to people and scripts, never for intervals.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Both clocks, read at the same moment.
struct instant {
  time_point mono;
  wall_time wall;
};

/// Port: where "now" comes from. The real one is in `service`, the tests' is set by hand. Loop thread only.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual instant now() const = 0;
};

}  // namespace buildwatch::base

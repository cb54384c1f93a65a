// The wall time of moments of the interval clock, for those who look again and again.
#pragma once

#include "buildwatch/base/time.hpp"

namespace buildwatch::service {

/// The two clocks are read one after the other, and wall time is told in whole milliseconds: reckoned from where they
/// stand, a moment is a millisecond earlier or later from one look to the next, and an answer that tells of it never
/// the same. This one moves with the wall clock only where that was stepped.
class steady_wall {
 public:
  /// As wall time goes now.
  [[nodiscard]] base::wall_time of(base::time_point when, base::instant now);

 private:
  base::instant seen_{};  // both clocks, at one time
};

}  // namespace buildwatch::service

// What a job's past builds say of one that runs: how far it is, what is left, when it is overdue. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "buildwatch/base/time.hpp"
#include "buildwatch/forecast/past.hpp"
#include "buildwatch/forecast/survival.hpp"

namespace buildwatch::forecast {

/// With fewer past builds there is no progress and no time left.
inline constexpr std::size_t least_for_estimate = 3;
/// With fewer past builds nothing is placed by them, and no build is overdue.
inline constexpr std::size_t least_for_placing = 5;

/// What is left of a build that runs.
struct estimate {
  base::duration left;       ///< as likely less as more; above 0
  base::duration left_low;   ///< less than this in one case of ten
  base::duration left_high;  ///< more than this in one case of ten
  double progress;           ///< 0..1: the time elapsed as a share of that and `left`; falls where `left` grows
};

/// Made when a build starts, and then never changed: share it by shared_ptr<outlook const>. Takes 1.5 KiB at most. Any
/// thread.
class outlook {
 public:
  /// Finished builds of the job, the newest first; those after the first `most_past_builds` are ignored.
  explicit outlook(std::span<past_build const> newest_first);

  /// How many past builds it is made of.
  [[nodiscard]] std::size_t builds() const { return builds_; }
  /// nullopt with fewer than `least_for_estimate` past builds. `elapsed` may be longer than any build known; a negative
  /// one counts as 0.
  [[nodiscard]] std::optional<estimate> at(base::duration elapsed) const;
  /// Chance of ending per second of a build that has run for this long: above 0, whatever `elapsed` and the history.
  [[nodiscard]] double hazard(base::duration elapsed) const;
  /// `overdue_after: auto`: a build that runs for longer than this is out of the ordinary. nullopt with fewer than
  /// `least_for_placing` past builds.
  [[nodiscard]] std::optional<base::duration> overdue_after() const;
  /// How long builds of the job last.
  [[nodiscard]] survival const& durations() const { return durations_; }

 private:
  std::size_t builds_;
  survival durations_;
  double overdue_ = 0;  ///< seconds; 0 with too few past builds
};

}  // namespace buildwatch::forecast

// When to look at a build that runs (`poll.mode: adaptive`). Pure.
#pragma once

#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/forecast/outlook.hpp"

namespace buildwatch::forecast {

/// Spends the requests that a fixed interval would spend on an average build, and places them where the build is likely
/// to end. Immutable, and needs the outlook no more once it is made; takes 4 KiB at most. Any thread.
class pacing {
 public:
  /// `building`: the fixed interval whose mean number of requests is spent; above 0.
  pacing(outlook const& past, base::duration building);

  /// False with fewer than `least_for_placing` past builds: next() is then one fixed interval later.
  [[nodiscard]] bool usable() const { return usable_; }
  /// When to poll next, as time since the build's start, given that it still ran at `elapsed` (a negative one counts as
  /// 0): between building / `finest` and 2 * building later.
  [[nodiscard]] base::duration next(base::duration elapsed) const;

  /// Polls are never closer than this part of the interval.
  static constexpr int finest = 16;

 private:
  /// After a poll at `at` seconds comes one at `next`; in between, in proportion.
  struct step {
    float at;
    float next;
  };

  bool usable_;
  base::duration building_;
  std::vector<step> steps_;
};

}  // namespace buildwatch::forecast

// How long builds last, as a curve: the share of them still running after a time. Pure.
#pragma once

#include <span>
#include <vector>

namespace buildwatch::forecast {

/// Times are seconds since the start of a build: finite, 0 or more. Straight between its knots; beyond the last one the
/// share falls as a power of the time, so that a build longer than any known still has an end to be expected.
class survival {
 public:
  struct knot {
    float at;       ///< seconds
    float running;  ///< share of builds still running then
  };

  /// `knots`: at least two, the first {0, 1}; times rise, shares fall strictly and stay above 0.
  explicit survival(std::vector<knot> knots);

  [[nodiscard]] std::span<knot const> knots() const { return knots_; }
  /// Share of builds still running at `seconds`: 1 at 0, never quite 0.
  [[nodiscard]] double running(double seconds) const;
  /// Chance of ending per second, of those still running at `seconds`.
  [[nodiscard]] double hazard(double seconds) const;
  /// The time by which all but this share (above 0, at most 1) have ended.
  [[nodiscard]] double time_when(double share) const;

 private:
  std::vector<knot> knots_;
};

}  // namespace buildwatch::forecast

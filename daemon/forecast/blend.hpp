// A distribution of durations as it is put together: of what past builds took, blurred, and of what is always possible.
// Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "buildwatch/forecast/survival.hpp"

namespace buildwatch::forecast {

/// The shape of what is blurred by `width`, at `distance` from its middle; its area is 1. Near enough to a normal
/// distribution of that standard deviation, and it ends.
[[nodiscard]] double bump(double distance, double width);

/// Weights on a fine grid of logarithms of seconds. Weights are added in any order and need not sum to 1.
class blend {
 public:
  /// From `low` to `high` seconds, 0 < low < high; what is added beyond counts at the nearest end.
  blend(double low, double high);

  /// `weight` around `log_seconds`, blurred by about `width` (of the logarithm).
  void add_bump(double log_seconds, double width, double weight);
  /// `weight` spread evenly over the time from 0 to `seconds`.
  void add_even(double seconds, double weight);
  /// The curve of it all, with about `knots` knots: where weight is, and a few everywhere.
  [[nodiscard]] survival curve(std::size_t knots) const;

 private:
  [[nodiscard]] double edge(std::size_t cell) const;

  double low_;   ///< logarithm of the first cell's lower edge
  double step_;  ///< width of a cell
  std::vector<float> cells_;
};

}  // namespace buildwatch::forecast

// A distribution of durations as it is put together: of what past builds took, blurred, and of what is always possible.
// Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "buildwatch/forecast/survival.hpp"

namespace buildwatch::forecast {

/// The shape of what is blurred by a width; its area is 1. Near enough to a normal distribution of that standard
/// deviation, and it ends.
class bump {
 public:
  explicit bump(double width) : scale_(1 / (reach * width)) {}

  [[nodiscard]] double at(double distance) const {
    double const x = distance * scale_, inside = 1 - x * x;
    return inside > 0 ? 15.0 / 16 * scale_ * inside * inside : 0;
  }
  /// Beyond this distance it is 0.
  [[nodiscard]] double end() const { return 1 / scale_; }

 private:
  /// Where it ends, in widths: the root of 7, which makes the width its standard deviation.
  static constexpr double reach = 2.6457513;

  double scale_;
};

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

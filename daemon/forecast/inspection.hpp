// The inspection problem (Barlow, Hunter and Proschan): when to look at something that ends unseen, so that few looks
// find the end soon. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "buildwatch/forecast/survival.hpp"
#include "forecast/rate.hpp"

namespace buildwatch::forecast {

/// Looks at some of given moments, solved backwards from the last one by dynamic programming: exact on these moments.
class inspection {
 public:
  /// `moments`: rising, the first 0, at least two.
  inspection(survival const& durations, std::vector<double> const& moments, gaps allowed);

  /// For each moment but the last, at which one to look next, so that the mean delay is the shortest that `polls` looks
  /// per build can buy.
  [[nodiscard]] std::vector<std::size_t> best(double polls);

 private:
  void solve(double price);
  [[nodiscard]] double spent() const;

  struct point {
    double at;        ///< seconds
    double running;   ///< share of builds
    double cost = 0;  ///< of what comes after it, if looked at
    std::size_t next = 0;
  };
  gaps allowed_;
  std::vector<point> points_;
};

}  // namespace buildwatch::forecast

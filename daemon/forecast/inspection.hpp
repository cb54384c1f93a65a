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

  /// For each moment but the last, when to look next, so that the mean delay is the shortest that `polls` looks per
  /// build can buy: at a later moment, or sooner where looks between two of them are worth it or must be.
  [[nodiscard]] std::vector<double> best(double polls);

 private:
  void solve(double price);
  [[nodiscard]] double spent() const;

  struct point {
    double at;         ///< seconds
    double running;    ///< share of builds
    double cost = 0;   ///< of what comes after it, if looked at
    double looks = 0;  ///< per build, from this one on until before the next
    double gap = 0;    ///< seconds from this look to the next
    std::size_t next = 0;
  };
  struct stretch {
    double looks;  ///< per build
    double seen;   ///< when its ends are, in seconds, each counted by its share of builds
    double apart;  ///< seconds from look to look
  };
  /// From the look at one moment until before that at the other, where these are further apart than looks may be: with
  /// more at even distances.
  [[nodiscard]] stretch far(point const& from, point const& to, double price) const;

  gaps allowed_;
  std::vector<point> points_;
};

}  // namespace buildwatch::forecast

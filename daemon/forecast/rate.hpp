// Polling at a rate that follows the hazard. Pure.
#pragma once

#include <vector>

#include "buildwatch/forecast/survival.hpp"

namespace buildwatch::forecast {

/// How far apart polls may be.
struct gaps {
  double least;  ///< seconds
  double most;
};

/// Keller's rule for the inspection problem: polls as dense as the square root of the hazard, within what is allowed.
class rate {
 public:
  /// Spends `polls` on an average build, as far as the gaps allow it.
  rate(survival const& durations, gaps allowed, double polls);

  /// Moments, `finer` times as dense as the polls at the start, and less so the fewer builds still run: from 0 until
  /// hardly any does. All are made denser for `fewest` of them or so, and rarer for `most`, which is never exceeded; at
  /// least two.
  [[nodiscard]] std::vector<double> moments(double finer, std::size_t fewest, std::size_t most) const;

 private:
  struct piece {
    double from, to;  ///< seconds
    double running;   ///< share of builds, in the middle
    double hazard;
  };
  [[nodiscard]] double per_second(piece const& p) const;
  /// Moments per second, in proportion: as dense as polls at the start, rarer where few builds still run.
  [[nodiscard]] double worth(piece const& p) const;
  [[nodiscard]] double spent() const;

  gaps allowed_;
  std::vector<piece> pieces_;
  double strength_ = 0;
};

}  // namespace buildwatch::forecast

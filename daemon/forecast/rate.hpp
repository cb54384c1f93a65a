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

  /// Moments such that between two neighbours 1/`finer` polls are made: from 0 until hardly any build still runs, at
  /// most `most` of them; `finer` is made smaller for that.
  [[nodiscard]] std::vector<double> moments(double& finer, std::size_t most) const;

 private:
  struct piece {
    double from, to;  ///< seconds
    double running;   ///< share of builds, in the middle
    double hazard;
  };
  [[nodiscard]] double per_second(piece const& p) const;
  [[nodiscard]] double spent() const;

  gaps allowed_;
  std::vector<piece> pieces_;
  double strength_ = 0;
};

}  // namespace buildwatch::forecast

// Delays of detection, gathered: mean, median, 95th percentile, largest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace buildwatch::bench {

/// One build as a policy watched it.
struct watched {
  double delay;  ///< seconds from its end to the poll that saw it
  double polls;  ///< made, that one included
  bool success;
  double weight = 1;
};

struct figures {
  double builds = 0;
  double polls = 0;  ///< per build
  double mean = 0, median = 0, p95 = 0, largest = 0;
  double success_mean = 0;
};

inline figures figures_of(std::vector<watched> all) {
  std::ranges::sort(all, {}, &watched::delay);
  figures f;
  double successes = 0;
  for (watched const& w : all) {
    f.builds += w.weight;
    f.polls += w.weight * w.polls;
    f.mean += w.weight * w.delay;
    if (!w.success) continue;
    successes += w.weight;
    f.success_mean += w.weight * w.delay;
  }
  if (all.empty()) return f;
  f.polls /= f.builds;
  f.mean /= f.builds;
  f.success_mean = successes > 0 ? f.success_mean / successes : 0;
  auto const quantile = [&](double share) {
    double below = 0;
    for (watched const& w : all) {
      below += w.weight;
      if (below >= share * f.builds) return w.delay;
    }
    return all.back().delay;
  };
  f.median = quantile(0.5);
  f.p95 = quantile(0.95);
  f.largest = all.back().delay;
  return f;
}

}  // namespace buildwatch::bench

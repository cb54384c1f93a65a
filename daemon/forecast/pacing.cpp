#include "buildwatch/forecast/pacing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "forecast/inspection.hpp"
#include "forecast/rate.hpp"

namespace buildwatch::forecast {

namespace {

constexpr std::size_t fewest_steps = 160;
constexpr std::size_t most_steps = 512;
constexpr double finer = 16;  ///< moments to choose from, per poll

double seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }

/// Polls that a fixed interval makes of an average build, the one that sees the end included.
double fixed_polls(survival const& durations, double interval) {
  double polls = 0;
  for (int i = 0; i < 2000; ++i) {
    double const running = durations.running(i * interval);
    if (running < 1e-3) break;
    polls += running;
  }
  return polls;
}

}  // namespace

pacing::pacing(outlook const& past, base::duration building)
    : usable_(past.builds() >= least_for_placing), building_(building) {
  if (!usable_) return;
  survival const& durations = past.durations();
  double const interval = seconds(building);
  double const polls = fixed_polls(durations, interval);
  gaps const allowed{interval / finest, 2 * interval};
  // A rate makes half a poll less than it says: on average the last one comes half a gap after the end.
  std::vector<double> const moments = rate(durations, allowed, polls - 0.5).moments(finer, fewest_steps, most_steps);
  std::vector<double> const best = inspection(durations, moments, allowed).best(polls);
  steps_.reserve(moments.size());
  for (std::size_t i = 0; i < moments.size(); ++i) {
    double const next = i < best.size() ? best[i] : moments[i] + allowed.most;
    steps_.push_back({static_cast<float>(moments[i]), static_cast<float>(next)});
  }
}

base::duration pacing::next(base::duration elapsed) const {
  elapsed = std::max(elapsed, base::duration::zero());
  if (!usable_) return elapsed + building_;
  auto const gone = static_cast<float>(seconds(elapsed));
  auto const after = std::ranges::upper_bound(steps_, gone, {}, &step::at);
  if (after == steps_.end()) return elapsed + 2 * building_;
  step const& before = after[-1];
  double const when = std::lerp(before.next, after->next, (gone - before.at) / (after->at - before.at));
  base::duration const wanted = std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(when));
  return std::clamp(wanted, elapsed + building_ / finest, elapsed + 2 * building_);
}

}  // namespace buildwatch::forecast

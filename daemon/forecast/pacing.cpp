#include "buildwatch/forecast/pacing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace buildwatch::forecast {

namespace {

double seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }

/// Polls a second where the hazard is this, for a strength.
double rate(double hazard, double strength, double building) {
  return std::clamp(strength * std::sqrt(hazard), 0.5 / building, pacing::finest / building);
}

/// Polls of an average build.
double spent(survival const& curve, double strength, double building) {
  auto const knots = curve.knots();
  double sum = 0;
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    double const length = knots[i + 1].at - knots[i].at, running = 0.5 * (knots[i].running + knots[i + 1].running);
    sum += running * length * rate((knots[i].running - knots[i + 1].running) / length / running, strength, building);
  }
  return sum;
}

double mean(survival const& curve) {
  auto const knots = curve.knots();
  double sum = 0;
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    sum += (knots[i + 1].at - knots[i].at) * 0.5 * (knots[i].running + knots[i + 1].running);
  }
  return sum;
}

}  // namespace

pacing::pacing(outlook const& past, base::duration building)
    : usable_(past.builds() >= least_for_placing), building_(building) {
  if (!usable_) return;
  survival const& curve = past.durations();
  double const interval = seconds(building), wanted = mean(curve) / interval;
  double low = 0, high = 1;
  while (high < 1e6 && spent(curve, high, interval) < wanted) high *= 4;
  for (int i = 0; i < 24; ++i) {
    double const middle = 0.5 * (low + high);
    (spent(curve, middle, interval) < wanted ? low : high) = middle;
  }
  auto const knots = curve.knots();
  double polls = 0;
  steps_.push_back({0, 0});
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    double const length = knots[i + 1].at - knots[i].at, running = 0.5 * (knots[i].running + knots[i + 1].running);
    polls += length * rate((knots[i].running - knots[i + 1].running) / length / running, low, interval);
    steps_.push_back({knots[i + 1].at, static_cast<float>(polls)});
  }
}

base::duration pacing::next(base::duration elapsed) const {
  elapsed = std::max(elapsed, base::duration::zero());
  if (!usable_) return elapsed + building_;
  double const gone = seconds(elapsed);
  auto after = std::ranges::upper_bound(steps_, static_cast<float>(gone), {}, &step::at);
  if (after == steps_.end()) return elapsed + 2 * building_;
  step const& a = after[-1];
  double const made = a.polls + (after->polls - a.polls) * (gone - a.at) / (after->at - a.at) + 1;
  after = std::ranges::upper_bound(steps_, static_cast<float>(made), {}, &step::polls);
  if (after == steps_.end()) return elapsed + 2 * building_;
  step const& b = after[-1];
  double const when = b.at + (after->at - b.at) * (made - b.polls) / (after->polls - b.polls);
  base::duration const wanted = std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(when));
  return std::clamp(wanted, elapsed + building_ / finest, elapsed + 2 * building_);
}

}  // namespace buildwatch::forecast

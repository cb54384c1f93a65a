#include "buildwatch/forecast/survival.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace buildwatch::forecast {

namespace {

/// Beyond the last knot the share falls as time to the power of minus this: half of the builds that get so far are over
/// after another 41 % of the time they took.
constexpr double tail_power = 2;

}  // namespace

survival::survival(std::vector<knot> knots) : knots_(std::move(knots)) {}

double survival::running(double seconds) const {
  knot const& last = knots_.back();
  if (seconds >= last.at) return last.running * std::pow(seconds / last.at, -tail_power);
  if (seconds <= 0) return 1;
  auto const after = std::ranges::upper_bound(knots_, static_cast<float>(seconds), {}, &knot::at);
  knot const& b = after == knots_.end() ? last : *after;
  knot const& a = after[-1];
  return a.running + (b.running - a.running) * (seconds - a.at) / (b.at - a.at);
}

double survival::hazard(double seconds) const {
  knot const& last = knots_.back();
  if (seconds >= last.at) return tail_power / seconds;
  auto const after = std::ranges::upper_bound(knots_, static_cast<float>(std::max(seconds, 0.0)), {}, &knot::at);
  if (after == knots_.end()) return tail_power / last.at;
  return (after[-1].running - after->running) / (after->at - after[-1].at) / running(seconds);
}

double survival::time_when(double share) const {
  knot const& last = knots_.back();
  if (share <= last.running) return last.at * std::pow(last.running / share, 1 / tail_power);
  auto const after = std::ranges::upper_bound(knots_, share, std::greater<>{}, &knot::running);
  if (after == knots_.begin()) return 0;
  knot const& a = after[-1];
  return a.at + (after->at - a.at) * (a.running - share) / (a.running - after->running);
}

}  // namespace buildwatch::forecast

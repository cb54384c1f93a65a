#include "forecast/rate.hpp"

#include <algorithm>
#include <cmath>

namespace buildwatch::forecast {

namespace {

constexpr double hardly_any = 0.001;   ///< share of builds still running for which no polls are placed
constexpr double seldom_enough = 0.2;  ///< moments are never rarer than this part of what they are at the start

}  // namespace

rate::rate(survival const& durations, gaps allowed, double polls) : allowed_(allowed) {
  auto const knots = durations.knots();
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    survival::knot const a = knots[i], b = knots[i + 1];
    double const running = 0.5 * (a.running + b.running);
    pieces_.push_back({a.at, b.at, running, (a.running - b.running) / (b.at - a.at) / running});
  }
  double low = 0, high = 1 / std::sqrt(allowed.least);
  while (high < 1e6 && (strength_ = high, spent()) < polls) high *= 4;
  for (int i = 0; i < 20; ++i) {
    strength_ = 0.5 * (low + high);
    (spent() < polls ? low : high) = strength_;
  }
}

double rate::per_second(piece const& p) const {
  return std::clamp(strength_ * std::sqrt(p.hazard), 1 / allowed_.most, 1 / allowed_.least);
}

double rate::spent() const {
  double sum = 0;
  for (piece const& p : pieces_) sum += p.running * (p.to - p.from) * per_second(p);
  return sum;
}

double rate::worth(piece const& p) const { return per_second(p) * std::max(std::sqrt(p.running), seldom_enough); }

std::vector<double> rate::moments(double finer, std::size_t fewest, std::size_t most) const {
  auto const end = std::ranges::find_if(pieces_, [](piece const& p) { return p.running < hardly_any; });
  double polls = 0;
  for (auto p = pieces_.begin(); p != end; ++p) polls += (p->to - p->from) * worth(*p);
  finer = std::clamp(finer, static_cast<double>(fewest) / polls, static_cast<double>(most - 2) / polls);
  std::vector<double> found{0};
  double missing = 1;  // until the next moment, in steps
  for (auto p = pieces_.begin(); p != end; ++p) {
    double const steps = finer * worth(*p);
    double at = p->from;
    for (; at + missing / steps <= p->to; missing = 1) found.push_back(at += missing / steps);
    missing -= (p->to - at) * steps;
  }
  if (found.size() < 2) found.push_back(allowed_.most);
  return found;
}

}  // namespace buildwatch::forecast

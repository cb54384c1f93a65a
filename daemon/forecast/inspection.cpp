#include "forecast/inspection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace buildwatch::forecast {

inspection::inspection(survival const& durations, std::vector<double> const& moments, gaps allowed)
    : allowed_(allowed) {
  points_.reserve(moments.size());
  for (double const at : moments) points_.push_back({at, durations.running(at)});
}

std::vector<double> inspection::best(double polls) {
  // The dearer a look, the fewer are made. None is worth more than half a fixed interval of delay, which is what it
  // buys where a build is as long as the interval: of still shorter builds a late look would save next to nothing.
  double cheap = 1e-4 * allowed_.most, dear = 0.25 * allowed_.most;
  for (int i = 0; i < 14; ++i) {
    double const price = std::sqrt(cheap * dear);
    solve(price);
    (spent() > polls ? cheap : dear) = price;
  }
  solve(dear);
  std::vector<double> next;
  for (std::size_t k = 0; k + 1 < points_.size(); ++k) next.push_back(points_[k].at + points_[k].gap);
  return next;
}

inspection::stretch inspection::far(point const& from, point const& to, double price) const {
  double const ending = from.running - to.running, gap = to.at - from.at;
  double const running = 0.5 * (from.running + to.running);
  double apart = allowed_.most;
  // Nothing is known of where between two neighbours builds end: by Keller's rule, as many looks as are worth it.
  if (&to == &from + 1) apart = std::clamp(std::sqrt(2 * price * running * gap / ending), allowed_.least, apart);
  return {from.running + (gap / apart - 1) * running, (0.5 * (from.at + to.at) + 0.5 * apart) * ending, apart};
}

void inspection::solve(double price) {
  std::size_t const last = points_.size() - 1;
  std::size_t furthest = last;  // the earlier one looks, the earlier one looks next
  for (std::size_t k = last; k-- > 0;) {
    point& from = points_[k];
    from.cost = std::numeric_limits<double>::infinity();
    for (std::size_t j = k + 1; j <= furthest; ++j) {
      point const& to = points_[j];
      double const gap = to.at - from.at;
      if (gap < allowed_.least && j < furthest) continue;
      // When the end is seen, rather than the delay: the two differ by the mean duration, whatever is done.
      stretch s{from.running, to.at * (from.running - to.running), gap};
      if (gap > allowed_.most) s = far(from, to, price);
      double const cost = price * s.looks + s.seen + to.cost;
      if (cost <= from.cost) {
        from.cost = cost;
        from.next = j;
        from.looks = s.looks;
        from.gap = s.apart;
      }
      if (gap > allowed_.most) break;
    }
    furthest = std::min(last, from.next + 1);
  }
}

double inspection::spent() const {
  double sum = 0;
  for (std::size_t k = 0; k + 1 < points_.size(); k = points_[k].next) sum += points_[k].looks;
  return sum;
}

}  // namespace buildwatch::forecast

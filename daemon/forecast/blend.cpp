#include "forecast/blend.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace buildwatch::forecast {

namespace {

constexpr double wanted_step = 1.0 / 256;
constexpr double most_cells = 4096;

std::size_t cells_between(double low, double high) {
  return static_cast<std::size_t>(std::clamp(std::ceil((high - low) / wanted_step), 1.0, most_cells));
}

}  // namespace

blend::blend(double low, double high)
    : low_(std::log(low)), step_(0), cells_(cells_between(std::log(low), std::log(high))) {
  step_ = (std::log(high) - low_) / static_cast<double>(cells_.size());
}

double blend::edge(std::size_t cell) const { return std::exp(low_ + step_ * static_cast<double>(cell)); }

void blend::add_bump(double log_seconds, double width, double weight) {
  double const last = static_cast<double>(cells_.size() - 1);
  auto const cell_of = [&](double at) {
    return static_cast<std::size_t>(std::clamp(std::floor((at - low_) / step_), 0.0, last));
  };
  bump const shape(width);
  double sum = 0;
  std::size_t const from = cell_of(log_seconds - shape.end()), to = cell_of(log_seconds + shape.end());
  for (std::size_t i = from; i <= to; ++i) {
    double const share = weight * step_ * shape.at(low_ + step_ * (static_cast<double>(i) + 0.5) - log_seconds);
    cells_[i] += static_cast<float>(share);
    sum += share;
  }
  // What falls between the cells or beyond the ends.
  cells_[cell_of(log_seconds)] += static_cast<float>(std::max(weight - sum, 0.0));
}

void blend::add_even(double seconds, double weight) {
  double before = 0;
  for (std::size_t i = 0; i < cells_.size() && before < 1; ++i) {
    double const until = std::min(edge(i + 1) / seconds, 1.0);
    cells_[i] += static_cast<float>(weight * (until - before));
    before = until;
  }
}

survival blend::curve(std::size_t knots) const {
  double const all = std::accumulate(cells_.begin(), cells_.end(), 0.0);
  // A knot wherever enough has gathered of weight and of the grid's length together.
  double const lean = 0.25 / static_cast<double>(cells_.size());
  double const portion = 1.25 / static_cast<double>(knots);
  double running = all, gathered = 0;
  std::vector<survival::knot> found{{0, 1}};
  found.reserve(knots + 2);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    running -= cells_[i];
    gathered += cells_[i] / all + lean;
    bool const last = i + 1 == cells_.size();
    if (gathered < portion && !last) continue;
    gathered = 0;
    // Never none left, and always fewer than before, by more than a float's rounding.
    double const least = 1e-7 * static_cast<double>(cells_.size() - i);
    double const share = std::min(std::max(running / all, least), found.back().running * (1 - 1e-6));
    found.push_back({static_cast<float>(edge(i + 1)), static_cast<float>(share)});
  }
  return survival(std::move(found));
}

}  // namespace buildwatch::forecast

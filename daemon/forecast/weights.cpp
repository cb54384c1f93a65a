#include "forecast/weights.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "forecast/blend.hpp"

namespace buildwatch::forecast {

namespace {

/// What a build counts compared to the one after it.
constexpr std::array<double, 4> forgetting{0.7, 0.9, 0.97, 0.995};
constexpr std::size_t most_foretold = 50;  ///< newest builds that pairs are tried on
constexpr double older = 0.97;             ///< what having foretold a build counts compared to the one after it
constexpr double unforeseen = 0.1;         ///< density of anything: no single surprise rules a pair out
/// How far what a pair foretold is believed: the builds of a bad week are not so many independent witnesses.
constexpr double belief = 0.5;
constexpr double within_second = 0.29;  ///< seconds; the standard deviation of what may be anywhere within one
constexpr double broadest = 0.5;

using table = std::array<std::array<double, widths.size()>, forgetting.size()>;

/// The density that each pair, knowing only the builds before the i-th, would have given to what the i-th took.
table foretold(std::span<double const> logs, std::size_t i) {
  table density{};
  std::array<double, forgetting.size()> weight{}, sum{};
  weight.fill(1);
  auto const shapes = [&]<std::size_t... w>(std::index_sequence<w...>) {
    return std::array{bump(blurred(widths[w], logs[i]))...};
  }(std::make_index_sequence<widths.size()>());
  for (std::size_t j = i + 1; j < logs.size(); ++j) {
    std::array<double, widths.size()> shape;
    for (std::size_t w = 0; w < widths.size(); ++w) shape[w] = shapes[w].at(logs[i] - logs[j]);
    for (std::size_t f = 0; f < forgetting.size(); ++f) {
      for (std::size_t w = 0; w < widths.size(); ++w) density[f][w] += weight[f] * shape[w];
      sum[f] += weight[f];
      weight[f] *= forgetting[f];
    }
  }
  for (std::size_t f = 0; f < forgetting.size(); ++f) {
    for (double& d : density[f]) d /= sum[f];
  }
  return density;
}

/// The share of each pair.
table trust(std::span<double const> logs) {
  table score{};
  double counts = 1, best = -1e9, sum = 0;
  for (std::size_t i = 0; i + 1 < logs.size() && i < most_foretold; ++i, counts *= older) {
    table const density = foretold(logs, i);
    for (std::size_t f = 0; f < forgetting.size(); ++f) {
      for (std::size_t w = 0; w < widths.size(); ++w) score[f][w] += counts * std::log(unforeseen + density[f][w]);
    }
  }
  for (auto const& row : score) best = std::max(best, std::ranges::max(row));
  for (auto& row : score) {
    for (double& s : row) sum += s = std::exp(belief * (s - best));
  }
  for (auto& row : score) {
    for (double& s : row) s /= sum;
  }
  return score;
}

}  // namespace

double blurred(double width, double log_seconds) {
  return std::min(std::hypot(width, within_second * std::exp(-log_seconds)), broadest);
}

weights weigh(std::span<double const> logs) {
  table const share = trust(logs);
  weights all;
  for (auto& w : all) w.assign(logs.size(), 0);
  for (std::size_t f = 0; f < forgetting.size(); ++f) {
    double const n = static_cast<double>(logs.size());
    double counts = (1 - forgetting[f]) / (1 - std::pow(forgetting[f], n));
    for (std::size_t i = 0; i < logs.size(); ++i, counts *= forgetting[f]) {
      for (std::size_t w = 0; w < widths.size(); ++w) all[w][i] += share[f][w] * counts;
    }
  }
  return all;
}

}  // namespace buildwatch::forecast

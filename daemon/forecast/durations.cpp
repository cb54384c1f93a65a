#include "forecast/durations.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <vector>

#include "forecast/blend.hpp"
#include "forecast/weights.hpp"

namespace buildwatch::forecast {

namespace {

// Chosen on the first half of each job of the traces; see tests/bench/polling.
constexpr double outcome_forgetting = 0.9;  ///< of how likely a failure is, from build to build
constexpr double outcome_least = 0.05;      ///< what an outcome counts that the newest builds did not have, in builds
constexpr double vague = 0.07;              ///< share of a broad guess around what past builds took
constexpr double vague_width = 0.5;
constexpr double guess_step = vague_width / 10;
constexpr double anywhere = 0.02;        ///< share of builds that end at any time: somebody cancels, a machine dies
constexpr double shortest_known = 0.05;  ///< seconds
constexpr double margin = 8;             ///< the curve reaches from a part to a multiple of the known durations
constexpr std::size_t curve_knots = 160;

/// Builds that end alike: those that got to their end, and those that failed or were cancelled, often early.
struct kind {
  std::vector<double> logs;  ///< of seconds, newest first
  double likely = 0;         ///< that the next build is one of them, before normalization
};

std::array<kind, 2> sorted(std::span<past_build const> newest_first) {
  std::array<kind, 2> kinds;
  double counts = 1;
  for (past_build const& b : newest_first) {
    bool const reached_end = b.outcome == model::outcome::success || b.outcome == model::outcome::unstable;
    kind& k = kinds[reached_end ? 0 : 1];
    double const seconds = std::chrono::duration<double>(b.lasted).count();
    k.logs.push_back(std::log(std::max(seconds, shortest_known)));
    k.likely += counts;
    counts *= outcome_forgetting;
  }
  for (kind& k : kinds) {
    if (!k.logs.empty()) k.likely += outcome_least;
  }
  return kinds;
}

void add(kind const& k, double share, blend& to) {
  weights const all = weigh(k.logs);
  std::map<long, double> guesses;  // neighbours share one: a broad bump is dear to add
  for (std::size_t i = 0; i < k.logs.size(); ++i) {
    double sum = 0;
    for (std::size_t w = 0; w < widths.size(); ++w) {
      sum += all[w][i];
      // What is next to nothing is not worth the time.
      if (all[w][i] > 1e-5) to.add_bump(k.logs[i], widths[w], share * (1 - vague) * all[w][i]);
    }
    guesses[std::lround(k.logs[i] / guess_step)] += sum;
  }
  for (auto const& [step, sum] : guesses) {
    to.add_bump(static_cast<double>(step) * guess_step, vague_width, share * vague * sum);
  }
}

}  // namespace

survival durations_of(std::span<past_build const> newest_first) {
  if (newest_first.empty()) return survival({{0, 1}, {3600, 0.5F}});
  std::array<kind, 2> const kinds = sorted(newest_first);
  double shortest = 1e9, longest = -1e9, likely = 0;
  for (kind const& k : kinds) {
    likely += k.likely;
    for (double const x : k.logs) {
      shortest = std::min(shortest, x);
      longest = std::max(longest, x);
    }
  }
  blend all(std::exp(shortest) / margin, std::exp(longest) * margin);
  for (kind const& k : kinds) {
    if (!k.logs.empty()) add(k, (1 - anywhere) * k.likely / likely, all);
  }
  all.add_even(std::exp(longest), anywhere);
  return all.curve(curve_knots);
}

}  // namespace buildwatch::forecast

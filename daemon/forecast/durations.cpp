#include "forecast/durations.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "forecast/blend.hpp"
#include "forecast/weights.hpp"

namespace buildwatch::forecast {

namespace {

// Chosen on the first half of each job of the traces; see tests/bench/polling.
constexpr double outcome_forgetting = 0.9;  ///< of how likely a failure is, from build to build
constexpr double outcome_least = 0.05;      ///< what an outcome counts that the newest builds did not have, in builds
constexpr double following_forgetting = 0.97;  ///< of what came after builds that ended as the last one did
constexpr double as_ever = 8;                  ///< what the outcomes of all builds count against that, in builds
constexpr double vague = 0.05;                 ///< share of a broad guess around what past builds took
constexpr double vague_width = 0.5;
constexpr double anywhere = 0.02;        ///< share of builds that end at any time: somebody cancels, a machine dies
constexpr double shortest_known = 0.05;  ///< seconds
constexpr double margin = 8;             ///< the curve reaches from a part to a multiple of the known durations
constexpr std::size_t curve_knots = 160;

/// Builds that end alike: those that got to their end, and those that failed or were cancelled, often early.
struct kind {
  std::vector<double> logs;  ///< of seconds, newest first
  double likely = 0;         ///< that the next build is one of them, before normalization
};

std::size_t kind_of(past_build const& b) {
  return b.outcome == model::outcome::success || b.outcome == model::outcome::unstable ? 0 : 1;
}

using kinds = std::array<kind, 2>;

kinds sorted(std::span<past_build const> newest_first) {
  kinds all;
  for (past_build const& b : newest_first) {
    double const seconds = std::chrono::duration<double>(b.lasted).count();
    all[kind_of(b)].logs.push_back(std::log(std::max(seconds, shortest_known)));
  }
  return all;
}

/// Some jobs fail in rows and some now and then: what came after builds that ended as the newest did counts, and what
/// the newest builds came to.
void foretell(std::span<past_build const> newest_first, kinds& all) {
  std::array<double, 2> recent{}, followed{};
  double counts = 1, sum = 0;
  for (past_build const& b : newest_first) {
    recent[kind_of(b)] += counts;
    counts *= outcome_forgetting;
  }
  counts = 1;
  for (std::size_t i = 1; i < newest_first.size(); ++i, counts *= following_forgetting) {
    if (kind_of(newest_first[i]) == kind_of(newest_first[0])) followed[kind_of(newest_first[i - 1])] += counts;
  }
  for (std::size_t k = 0; k < all.size(); ++k) sum += recent[k] += all[k].logs.empty() ? 0 : outcome_least;
  for (std::size_t k = 0; k < all.size(); ++k) all[k].likely = followed[k] + as_ever * recent[k] / sum;
}

/// Neighbours share a bump: one is dear to add.
void add_bumps(kind const& k, std::span<std::size_t const> rising, std::span<double const> shares, double width,
               blend& to) {
  double const near = width / 8;
  for (auto from = rising.begin(); from != rising.end();) {
    double sum = 0, middle = 0;
    auto i = from;
    for (; i != rising.end() && k.logs[*i] <= k.logs[*from] + near; ++i) {
      sum += shares[*i];
      middle += shares[*i] * k.logs[*i];
    }
    from = i;
    // What is next to nothing is not worth the time.
    if (sum > 1e-5) to.add_bump(middle / sum, blurred(width, middle / sum), sum);
  }
}

void add(kind const& k, double share, blend& to) {
  weights all = weigh(k.logs);
  std::vector<std::size_t> rising(k.logs.size());
  std::iota(rising.begin(), rising.end(), 0U);
  std::ranges::sort(rising, {}, [&](std::size_t i) { return k.logs[i]; });
  std::vector<double> guesses(k.logs.size());
  for (std::size_t w = 0; w < widths.size(); ++w) {
    for (std::size_t i = 0; i < k.logs.size(); ++i) {
      guesses[i] += share * vague * all[w][i];
      all[w][i] *= share * (1 - vague);
    }
    add_bumps(k, rising, all[w], widths[w], to);
  }
  add_bumps(k, rising, guesses, vague_width, to);
}

}  // namespace

survival durations_of(std::span<past_build const> newest_first) {
  if (newest_first.empty()) return survival({{0, 1}, {3600, 0.5F}});
  kinds all_kinds = sorted(newest_first);
  foretell(newest_first, all_kinds);
  double shortest = 1e9, longest = -1e9, likely = 0;
  for (kind const& k : all_kinds) {
    likely += k.likely;
    for (double const x : k.logs) {
      shortest = std::min(shortest, x);
      longest = std::max(longest, x);
    }
  }
  blend all(std::exp(shortest) / margin, std::exp(longest) * margin);
  for (kind const& k : all_kinds) {
    if (!k.logs.empty()) add(k, (1 - anywhere) * k.likely / likely, all);
  }
  all.add_even(std::exp(longest), anywhere);
  return all.curve(curve_knots);
}

}  // namespace buildwatch::forecast

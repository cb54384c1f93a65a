#include "buildwatch/forecast/outlook.hpp"

#include <algorithm>
#include <chrono>

#include "forecast/durations.hpp"

namespace buildwatch::forecast {

namespace {

// A build is overdue when it takes so many times as long as all but this share. Of the builds of the traces
// (tests/data/traces) one in ninety is.
constexpr double ordinary_but = 0.05;
constexpr double overdue_times = 1.25;

double seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }

base::duration whole(double seconds) {
  // A century is as good as for ever, and fits.
  return std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(std::min(seconds, 3e9)));
}

}  // namespace

outlook::outlook(std::span<past_build const> newest_first)
    : builds_(std::min(newest_first.size(), most_past_builds)), durations_(durations_of(newest_first.first(builds_))) {
  if (builds_ >= least_for_placing) overdue_ = overdue_times * durations_.time_when(ordinary_but);
}

std::optional<estimate> outlook::at(base::duration elapsed) const {
  if (builds_ < least_for_estimate) return std::nullopt;
  double const gone = std::max(seconds(elapsed), 0.0);
  double const running = durations_.running(gone);
  auto const left = [&](double share) { return std::max(durations_.time_when(running * share) - gone, 1e-3); };
  return estimate{whole(left(0.5)), whole(left(0.9)), whole(left(0.1)), gone / (gone + left(0.5))};
}

double outlook::hazard(base::duration elapsed) const { return durations_.hazard(seconds(elapsed)); }

std::optional<base::duration> outlook::overdue_after() const {
  if (builds_ < least_for_placing) return std::nullopt;
  return whole(overdue_);
}

}  // namespace buildwatch::forecast

// Percentiles of schedule lag out of the loop's histogram.
#pragma once

#include "buildwatch/watch/loop.hpp"

namespace buildwatch::service {

/// Upper end, in milliseconds, of the bucket in which the `p`-quantile (0 to 1) of lags lies; 0 before the first poll.
[[nodiscard]] double lag_percentile(watch::loop_statistics const& totals, double p);

}  // namespace buildwatch::service

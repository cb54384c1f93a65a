#include "service/lag.hpp"

#include <numeric>

namespace buildwatch::service {

double lag_percentile(watch::loop_statistics const& totals, double p) {
  auto const& buckets = totals.lag.buckets;
  auto const all = std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  if (all == 0) return 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    seen += buckets[i];
    if (static_cast<double>(seen) >= p * static_cast<double>(all)) {
      return std::chrono::duration<double, std::milli>(watch::bucket_end(i)).count();
    }
  }
  return std::chrono::duration<double, std::milli>(watch::bucket_end(buckets.size() - 1)).count();
}

}  // namespace buildwatch::service

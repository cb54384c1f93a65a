// The retry policy: how long to wait before the next try.
#include <algorithm>

#include "buildwatch/notify/queue.hpp"

namespace buildwatch::notify {

using namespace std::chrono_literals;

retry_schedule default_retry() { return {5s, 30s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h}; }

std::optional<base::duration> wait_before_next(retry_schedule const& schedule, std::size_t tries_made,
                                               std::optional<base::duration> retry_after, double random01) {
  if (tries_made == 0) return base::duration::zero();
  if (tries_made > schedule.size()) return std::nullopt;
  auto const planned = static_cast<double>(schedule[tries_made - 1].count());
  base::duration const jittered{static_cast<base::duration::rep>(planned * (0.8 + 0.4 * random01))};
  return std::max(jittered, std::min<base::duration>(retry_after.value_or(base::duration::zero()), 24h));
}

}  // namespace buildwatch::notify

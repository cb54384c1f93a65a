// Where polls are placed in time: the first ones, the next ones, and those after failures. Pure.
#pragma once

#include <cstddef>

#include "buildwatch/base/time.hpp"

namespace buildwatch::watch {

/// How long after the start job `index` of the `count` jobs of a provider is polled first. Spread evenly over the job's
/// `interval`; where that is long and jobs are few, over 15 s or 0.1 s a job, and never faster than the rate limit.
[[nodiscard]] base::duration first_poll_offset(std::size_t index, std::size_t count, double rate_per_second,
                                               base::duration interval);

/// The point of a job's grid (`anchor` plus or minus whole intervals) that is nearest to `wish`, but after `now`. Polls
/// stay on their grid whatever the delays: they do not drift, and a late one is not followed by a burst.
[[nodiscard]] base::time_point next_on_grid(base::time_point anchor, base::duration interval, base::time_point wish,
                                            base::time_point now);

/// The wait after the n-th failed poll in a row (n from 1): doubling from `interval` to 5 min or `interval`, whichever
/// is more.
[[nodiscard]] base::duration job_backoff(base::duration interval, unsigned failures);

}  // namespace buildwatch::watch

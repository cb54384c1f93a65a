#include "watch/placing.hpp"

#include <algorithm>

namespace buildwatch::watch {
namespace {

constexpr base::duration longest_backoff = std::chrono::minutes(5);
constexpr double first_look = 15;    // seconds in which a few jobs are all seen for the first time
constexpr double gentle = 0.1;       // seconds between first polls of many jobs
constexpr double rate_spare = 1.25;  // room beside the first polls, so that builds found running can be polled on time

}  // namespace

base::duration first_poll_offset(std::size_t index, std::size_t count, double rate_per_second,
                                 base::duration interval) {
  auto const jobs = static_cast<double>(count);
  double const wanted = std::chrono::duration<double>(interval).count();
  double const window = std::min(wanted, std::max({first_look, gentle * jobs, rate_spare * jobs / rate_per_second}));
  std::chrono::duration<double> const offset(window * static_cast<double>(index) / jobs);
  return std::chrono::duration_cast<base::duration>(offset);
}

base::time_point next_on_grid(base::time_point anchor, base::duration interval, base::time_point wish,
                              base::time_point now) {
  base::duration const ahead = wish - anchor + interval / 2;
  auto steps = ahead / interval;
  if (ahead % interval < base::duration::zero()) --steps;  // division rounds towards zero; the grid goes both ways
  base::time_point next = anchor + steps * interval;
  if (next <= now) next += ((now - next) / interval + 1) * interval;
  return next;
}

base::duration job_backoff(base::duration interval, unsigned failures) {
  base::duration const longest = std::max(longest_backoff, interval);
  base::duration wait = interval;
  for (unsigned n = 1; n < failures && wait < longest; ++n) wait *= 2;
  return std::min(wait, longest);
}

}  // namespace buildwatch::watch

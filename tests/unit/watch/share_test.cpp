// Who is asked first where the rate limit is less than all jobs ask for.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"
#include "watch/due_queue.hpp"

namespace buildwatch::watch::testing {
namespace {

std::vector<forecast::past_build> steady(base::duration lasted) {
  std::vector<forecast::past_build> past;
  for (std::uint32_t n = 30; n > 0; --n) past.push_back({n, lasted + n % 7 * 5s, model::outcome::success});
  return past;
}

/// Polls of each job from `from` on.
std::vector<std::size_t> polls(world const& w, base::duration from) {
  std::vector<std::size_t> n(w.engine_jobs(), 0);
  for (auto const& r : w.requests) {
    if (r.at >= from) ++n[r.job];
  }
  return n;
}

TEST(scarce, requests_go_where_builds_are_about_to_end) {
  // All ask for 10 requests a second, and one is allowed. One job's builds take an hour, the others' ten.
  world w(jobs(100, {10s, 10s, 1h}, 1));
  w.past_of = [](std::string_view job_id) { return steady(job_id.starts_with("job7x") ? 1h : 10h); };
  w.run_until(50min);
  w.requests.clear();
  w.run_until(65min);
  auto const n = polls(w, 50min);
  std::size_t const others = w.requests.size() - n[7];
  EXPECT_GT(n[7] * 99, 3 * others) << "three times a fair share at least";
  EXPECT_LE(w.requests.size() + w.extras.size(), 70U * 60) << "the limit holds";
}

TEST(scarce, no_job_starves) {
  world w(jobs(100, {10s, 10s, 1h}, 1));
  w.past_of = [](std::string_view job_id) { return steady(job_id.starts_with("job7x") ? 100h : 40min); };
  w.run_until(3h);
  base::duration longest{}, last{};
  for (auto const& r : w.requests) {
    if (r.job != 7) continue;
    longest = std::max(longest, r.at - last);
    last = r.at;
  }
  EXPECT_LT(longest, 15min) << "equal shares would make it 100 s";
}

TEST(scarce, where_nothing_is_known_all_get_the_same) {
  world w(jobs(50, {10s, 10s, 1h}, 1));
  w.run_until(1h);
  auto const n = polls(w, 10min);
  auto const [least, most] = std::ranges::minmax(n);
  EXPECT_LE(most - least, least / 3) << least << " to " << most;
}

TEST(due_queue, gives_up_any_entry_and_stays_in_order) {
  for (std::size_t gone = 0; gone < 40; ++gone) {
    due_queue q;
    for (job_index i = 0; i < 40; ++i) q.push(base::time_point(std::chrono::seconds(i * 17 % 40)), i);
    job_index const job = q.entries()[gone].job;
    q.remove(gone);
    EXPECT_EQ(q.size(), 39U);
    base::time_point before{-1s};
    while (!q.empty()) {
      EXPECT_NE(q.top().job, job);
      EXPECT_GE(q.top().due, before);
      before = q.top().due;
      q.pop();
    }
  }
}

}  // namespace
}  // namespace buildwatch::watch::testing

#include <gtest/gtest.h>

#include <numeric>

#include "buildwatch/notify/queue.hpp"

namespace buildwatch::notify {
namespace {

using namespace std::chrono_literals;

TEST(retry, the_default_lasts_about_three_days) {
  auto const waits = default_retry();
  auto const sum = std::accumulate(waits.begin(), waits.end(), base::duration::zero());
  EXPECT_EQ(waits.size(), 10U);
  EXPECT_EQ(sum, 75h + 35min + 35s);
}

TEST(retry, each_wait_is_within_a_fifth_of_the_schedule) {
  retry_schedule const waits{5s, 30s};
  EXPECT_EQ(wait_before_next(waits, 1, std::nullopt, 0), 4s);
  EXPECT_EQ(wait_before_next(waits, 1, std::nullopt, 0.5), 5s);
  EXPECT_EQ(wait_before_next(waits, 2, std::nullopt, 0.5), 30s);
  EXPECT_NEAR(static_cast<double>(wait_before_next(waits, 2, std::nullopt, 0.999999)->count()), 36e9, 1e6);
}

TEST(retry, ends_with_the_schedule) {
  EXPECT_EQ(wait_before_next({5s, 30s}, 3, std::nullopt, 0), std::nullopt);
  EXPECT_EQ(wait_before_next({}, 1, std::nullopt, 0), std::nullopt);
  EXPECT_EQ(wait_before_next({}, 1, 10s, 0), std::nullopt) << "Retry-After makes no tries of its own";
}

TEST(retry, retry_after_counts_when_longer_and_up_to_a_day) {
  EXPECT_EQ(wait_before_next({5s}, 1, 60s, 0), 60s);
  EXPECT_EQ(wait_before_next({5s}, 1, 1s, 0.5), 5s);
  EXPECT_EQ(wait_before_next({5s}, 1, 365 * 24h, 0), base::duration(24h));
  EXPECT_EQ(wait_before_next({5s}, 1, -60s, 0.5), 5s);
}

}  // namespace
}  // namespace buildwatch::notify

#include "buildwatch/forecast/outlook.hpp"

#include <gtest/gtest.h>

#include "series.hpp"

namespace buildwatch::forecast {
namespace {

TEST(outlook, says_nothing_of_a_new_job) {
  for (std::uint32_t count : {0U, 1U, 2U}) {
    outlook const o(steady(count));
    EXPECT_FALSE(o.at(seconds(10))) << count;
    EXPECT_FALSE(o.overdue_after()) << count;
    EXPECT_GT(o.hazard(seconds(10)), 0) << count;
  }
  EXPECT_TRUE(outlook(steady(3)).at(seconds(10)));
  EXPECT_FALSE(outlook(steady(4)).overdue_after());
  EXPECT_TRUE(outlook(steady(5)).overdue_after());
}

TEST(outlook, of_a_steady_job_knows_what_is_left) {
  outlook const o(steady(50));
  estimate const half = o.at(seconds(300)).value();
  EXPECT_NEAR(in_seconds(half.left), 300, 15);
  EXPECT_NEAR(half.progress, 0.5, 0.02);
  EXPECT_LT(half.left_low, half.left);
  EXPECT_LT(half.left, half.left_high);
}

}  // namespace
}  // namespace buildwatch::forecast

#include "buildwatch/forecast/survival.hpp"

#include <gtest/gtest.h>

namespace buildwatch::forecast {
namespace {

survival const half_by_ten({{0, 1}, {10, 0.5F}, {30, 0.1F}});

TEST(survival, is_straight_between_knots) {
  EXPECT_DOUBLE_EQ(half_by_ten.running(-5), 1);
  EXPECT_DOUBLE_EQ(half_by_ten.running(0), 1);
  EXPECT_NEAR(half_by_ten.running(5), 0.75, 1e-6);
  EXPECT_NEAR(half_by_ten.running(20), 0.3, 1e-6);
}

TEST(survival, falls_for_ever_beyond_the_last_knot) {
  EXPECT_NEAR(half_by_ten.running(60), 0.025, 1e-6);
  EXPECT_GT(half_by_ten.running(1e9), 0);
  EXPECT_NEAR(half_by_ten.hazard(60), 2.0 / 60, 1e-6);
}

TEST(survival, tells_when_a_share_is_left) {
  for (double const share : {1.0, 0.9, 0.5, 0.3, 0.1, 0.01, 1e-6}) {
    EXPECT_NEAR(half_by_ten.running(half_by_ten.time_when(share)), share, 1e-6 * share + 1e-7) << share;
  }
}

TEST(survival, hazard_is_the_chance_among_those_that_still_run) {
  EXPECT_NEAR(half_by_ten.hazard(0), 0.05, 1e-6);
  EXPECT_NEAR(half_by_ten.hazard(20), 0.02 / 0.3, 1e-6);
  EXPECT_GT(half_by_ten.hazard(-1), 0);
}

}  // namespace
}  // namespace buildwatch::forecast

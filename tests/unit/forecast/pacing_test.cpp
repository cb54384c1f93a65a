#include "buildwatch/forecast/pacing.hpp"

#include <gtest/gtest.h>

#include "series.hpp"

namespace buildwatch::forecast {
namespace {

using namespace std::chrono_literals;

TEST(pacing, of_a_new_job_is_the_fixed_interval) {
  for (std::uint32_t count : {0U, 1U, 4U}) {
    pacing const p(outlook(steady(count)), 15s);
    EXPECT_FALSE(p.usable());
    EXPECT_EQ(p.next(0s), 15s);
    EXPECT_EQ(p.next(3h), 3h + 15s);
  }
  EXPECT_TRUE(pacing(outlook(steady(5)), 15s).usable());
}

}  // namespace
}  // namespace buildwatch::forecast

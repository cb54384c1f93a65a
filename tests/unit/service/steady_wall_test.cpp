// Wall times that do not tremble.
#include "service/steady_wall.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

base::time_point const boot{3h + 123456789ns};
base::wall_time const evening{1795465103s};

/// As a clock tells it: whole milliseconds of wall time, some of them a little after the other was read.
base::instant at(base::duration since, base::duration wall_ahead = 0ns) {
  return {boot + since, evening + std::chrono::floor<std::chrono::milliseconds>(since + 700us + wall_ahead)};
}

TEST(steady_wall, tells_a_moment_the_same_at_each_look) {
  steady_wall wall;
  std::set<base::wall_time> told;
  for (int i = 0; i < 10'000; ++i) told.insert(wall.of(boot + 5s, at(i * 137'137us, i % 7 * 100us)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LE(std::chrono::abs(*told.begin() - (evening + 5s)), 2ms);
}

TEST(steady_wall, tells_what_is_to_come_and_what_has_been) {
  steady_wall wall;
  EXPECT_EQ(wall.of(boot + 10min, at(1min)), evening + 10min);
  EXPECT_EQ(wall.of(boot - 1h, at(1min)), evening - 1h);
}

TEST(steady_wall, follows_a_step_of_the_wall_clock) {
  steady_wall wall;
  (void)wall.of(boot, at(0s));
  EXPECT_EQ(wall.of(boot, at(1s, 1h)), evening + 1h);
  EXPECT_EQ(wall.of(boot, at(2s)), evening);
  EXPECT_EQ(wall.of(boot, at(3s, -100ms)), evening - 100ms);
}

}  // namespace
}  // namespace buildwatch::service

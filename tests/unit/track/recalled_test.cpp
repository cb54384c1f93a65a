// What an earlier run knew, as it is known after a restart.
#include <gtest/gtest.h>

#include "buildwatch/track/build.hpp"
#include "buildwatch/track/moments.hpp"
#include "buildwatch/track/reachability.hpp"

namespace buildwatch::track {
namespace {

using namespace std::chrono_literals;

base::instant const now{base::time_point{1h}, base::wall_time{std::chrono::milliseconds(1'795'000'000'000)}};

TEST(moments, go_to_wall_time_and_back) {
  for (base::duration const ago : {0ns, 1ns, 999999ns, 5000000ns, 86400000000000ns}) {
    base::wall_time const wall = wall_of(now.mono - ago, now);
    EXPECT_LE(now.mono - moment_of(wall, now), ago);
    EXPECT_GT(now.mono - moment_of(wall, now), ago - 1ms);
  }
  EXPECT_EQ(wall_of(now.mono + 5min, now), now.wall + 5min);
}

TEST(moments, are_never_later_than_now_and_overflow_nothing) {
  EXPECT_EQ(moment_of(now.wall + 1ms, now), now.mono);
  EXPECT_EQ(moment_of(base::wall_time::max(), now), now.mono);
  EXPECT_EQ(moment_of(base::wall_time::min(), now), now.mono - std::chrono::years(100));
  EXPECT_GT(moment_of(base::wall_time::min(), now), never);
}

TEST(recalled_build, knows_what_was_known) {
  build_state const b = recalled({build_phase::running, {}, now.wall - 20min, now.wall - 10min, now.wall - 5min}, now);
  EXPECT_EQ(b.phase, build_phase::running);
  EXPECT_EQ(b.first_running, now.mono - 20min);
  EXPECT_EQ(b.last_running, now.mono - 10min);
  EXPECT_EQ(b.undecided_since, now.mono - 5min) << "seen running: settling counts on, however long ago";
  EXPECT_TRUE(under_way(b));
  build_state const fresh = recalled({}, now);
  EXPECT_EQ(fresh.last_running, never);
  EXPECT_EQ(fresh.undecided_since, never);
  EXPECT_TRUE(final(recalled({build_phase::finished, {}, {}, now.wall - 10min, {}}, now)));
}

TEST(recalled_build, is_not_let_go_within_an_hour) {
  auto const change_after = [](base::duration stop, base::duration t) {
    build_state const b = recalled(
        {build_phase::waiting, {}, {}, {}, now.wall - std::chrono::duration_cast<std::chrono::milliseconds>(stop)},
        now);
    return observe(b, model::sight::undecided, now.mono + t, now.mono + t).change;
  };
  EXPECT_EQ(change_after(20h, 4h - 1s), build_change::none);
  EXPECT_EQ(change_after(20h, 4h), build_change::let_go) << "the stop counts";
  EXPECT_EQ(change_after(240h, 59min), build_change::none);
  EXPECT_EQ(change_after(240h, 1h), build_change::let_go);
}

TEST(recalled_outage, counts_what_it_lasted_and_not_the_stop) {
  reachability const r = recalled(false, {}, now.wall - 20h, 3min, now);
  EXPECT_EQ(r.since, now.mono - 3min);
  EXPECT_EQ(r.since_wall, now.wall - 20h);
  EXPECT_EQ(tell(r, true).known.told_begin, now.wall - 20h) << "the id is made from when it began";
  EXPECT_EQ(recalled(false, {}, now.wall, -3min, now).since, now.mono) << "nonsense is nothing";
  EXPECT_LT(recalled(false, {}, now.wall, base::duration::max(), now).since, now.mono);
  EXPECT_FALSE(recalled(false, {}, {}, 0s, now).failing());
}

TEST(recalled_outage, that_was_told_is_only_to_be_taken_back) {
  reachability r = recalled(true, now.wall - 20h, now.wall - 20h, 3min, now);
  EXPECT_EQ(tell(r, true).what, notice::none);
  reach_step const step = tell(after_good(r), false);
  EXPECT_EQ(step.what, notice::recovered);
  EXPECT_EQ(step.known.told_begin, now.wall - 20h);
  r = recalled(true, now.wall - 20h, {}, 0s, now);
  EXPECT_EQ(tell(r, false).what, notice::recovered) << "over, but that was not stored";
}

}  // namespace
}  // namespace buildwatch::track

// Contract section 3, the bullets about `build: N`: what is told of a build, and when it is asked about.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

TEST(builds, running_then_finished_is_told_once_each_and_polled_no_more) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 100s ? running() : finished("FAILURE"); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.requests.size(), 8U);  // 0, 15, … 105
  EXPECT_EQ(w.engine().counts().done, 1U);
  EXPECT_EQ(w.engine().next_due(), base::time_point::max());
  model::build const& b = *w.events[1].build;
  EXPECT_EQ(b.outcome, model::outcome::failure);
  EXPECT_EQ(b.result, "FAILURE");
  EXPECT_EQ(b.last_seen_running, w.wall_at(90s));
  EXPECT_EQ(b.first_seen_finished, w.wall_at(105s + 10ms));
  EXPECT_EQ(b.finished_at, w.wall_at(97s + 505ms));
}

}  // namespace
}  // namespace buildwatch::watch::testing

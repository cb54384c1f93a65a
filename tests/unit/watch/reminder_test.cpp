// A failure that lasts is one line when it begins, one an hour, one when it ends: never one a poll.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"
#include "watch/reminder.hpp"

namespace buildwatch::watch::testing {
namespace {

TEST(the_log, is_told_of_a_failure_that_lasts_once_an_hour) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return failed(fault::other, "HTTP 500"); };
  w.run_for(59min);
  EXPECT_EQ(w.logged("poll.failed"), 1U);
  w.run_for(2h);
  EXPECT_EQ(w.logged("poll.failed"), 3U);
  w.answer = [](job_index, asks) { return running(); };
  w.run_for(10min);
  EXPECT_EQ(w.logged("poll.answered_again"), 1U);
}

TEST(the_log, is_not_flooded_by_causes_that_alternate) {
  world w(jobs(1));
  int n = 0;
  w.answer = [&](job_index, asks) { return failed(fault::other, "request " + std::to_string(++n) + ": HTTP 500"); };
  w.run_for(59min);
  EXPECT_LE(w.logged("poll.failed"), 10U);
  EXPECT_GE(n, 10);
}

TEST(the_log, is_told_of_a_job_that_is_not_found_and_of_refused_credentials_once_an_hour) {
  world w(jobs(1));
  w.answer = [](job_index, asks what) { return what == asks::newest ? seen_as(sight::no_such_job) : absent(); };
  w.run_for(150min);
  EXPECT_EQ(w.logged("job.not_found"), 3U);
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_for(150min);
  EXPECT_EQ(w.logged("provider.refused"), 3U);
}

TEST(reminder, starts_anew_each_hour) {
  reminder r;
  base::time_point now{1h};
  EXPECT_TRUE(r.worth_a_line(true, now));
  EXPECT_FALSE(r.worth_a_line(false, now + 59min));
  EXPECT_TRUE(r.worth_a_line(true, now + 59min)) << "another cause";
  EXPECT_TRUE(r.worth_a_line(false, now + 60min));
  EXPECT_FALSE(r.worth_a_line(false, now + 61min));
}

}  // namespace
}  // namespace buildwatch::watch::testing

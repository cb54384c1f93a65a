#include "service/status_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace buildwatch::service {
namespace {

TEST(status_line, counts_what_is_watched_and_what_waits) {
  watch::engine_counts jobs;
  jobs.jobs = 214;
  jobs.running = 3;
  notify::queue_counts first;
  first.pending = 1;
  first.in_flight = 1;
  std::vector<notify::queue_counts> sinks{first, {}};
  EXPECT_EQ(status_line(jobs, sinks, ""), "watching 214 jobs, 3 running, 0 unreachable, 2 notifications waiting");
  sinks[1].more = true;
  EXPECT_EQ(status_line(jobs, sinks, ""), "watching 214 jobs, 3 running, 0 unreachable, 2+ notifications waiting");
}

TEST(status_line, tells_of_jobs_not_found_and_of_a_reload_that_failed) {
  watch::engine_counts jobs;
  jobs.jobs = 2;
  jobs.not_found = 1;
  EXPECT_EQ(
      status_line(jobs, {}, "the last reload failed: the configuration is wrong"),
      "watching 2 jobs, 0 running, 0 unreachable, 0 notifications waiting, 1 not found; the last reload failed: the "
      "configuration is wrong");
}

}  // namespace
}  // namespace buildwatch::service

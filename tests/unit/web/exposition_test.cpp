#include "web/exposition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <sstream>

#include "unit/web/views.hpp"
#include "unit/web/whole.hpp"

namespace buildwatch::web {
namespace {

metric_values sample_values() {
  metric_values v;
  v.version = "0.1.0";
  v.jobs.running = 2;
  v.jobs.idle = 3;
  v.providers = {{"huawei", true, 10, 1}};
  job_metrics a;
  a.name = "a";
  a.running = true;
  a.last_success_poll = testing::at(testing::evening) + std::chrono::milliseconds(250);
  a.finished = {5, 1, 0, 0, 0};
  v.each_job = {a};
  v.sinks = {{"oncall", 7, 2, 1, 3, 4}};
  v.poll_duration = {{0.1, 1}, {4, 2, 1}, 3.5};
  v.schedule_lag = {{0.01}, {1, 0}, 0.005};
  v.last_good_reload = testing::at(testing::evening);
  v.process = {1.5, 20, 1024, 1000000, UINT64_MAX, 50000, 1795465000.25, 7};
  return v;
}

std::string text_of(metric_values v, server_metrics const& s = {}) {
  return testing::whole(*metrics_body(std::move(v), s));
}

bool has_line(std::string const& text, std::string const& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(metrics, has_every_series_of_the_contract) {
  auto const text = "\n" + text_of(sample_values());
  for (auto const* line : {"buildwatch_build_info{version=\"0.1.0\"} 1",
                           "buildwatch_jobs{state=\"running\"} 2",
                           "buildwatch_jobs{state=\"not_found\"} 0",
                           "buildwatch_polls_total{provider=\"huawei\",result=\"answered\"} 10",
                           "buildwatch_polls_total{provider=\"huawei\",result=\"failed\"} 1",
                           "buildwatch_provider_up{provider=\"huawei\"} 1",
                           "buildwatch_job_last_success_poll_timestamp_seconds{job=\"a\"} 1795465103.25",
                           "buildwatch_builds_finished_total{job=\"a\",outcome=\"success\"} 5",
                           "buildwatch_builds_finished_total{job=\"a\",outcome=\"failure\"} 1",
                           "buildwatch_builds_finished_total{job=\"a\",outcome=\"unknown\"} 0",
                           "buildwatch_build_running{job=\"a\"} 1",
                           "buildwatch_notifications_total{sink=\"oncall\",result=\"delivered\"} 7",
                           "buildwatch_notifications_total{sink=\"oncall\",result=\"dead\"} 1",
                           "buildwatch_outbox_pending{sink=\"oncall\"} 3",
                           "buildwatch_outbox_dead{sink=\"oncall\"} 4",
                           "buildwatch_config_last_reload_successful 1",
                           "buildwatch_config_last_reload_success_timestamp_seconds 1795465103",
                           "process_cpu_seconds_total 1.5",
                           "process_open_fds 20",
                           "process_max_fds 1024",
                           "process_virtual_memory_bytes 1000000",
                           "process_virtual_memory_max_bytes 18446744073709551615",
                           "process_resident_memory_bytes 50000",
                           "process_threads 7",
                           "process_start_time_seconds 1795465000.25"}) {
    EXPECT_TRUE(has_line(text, line)) << line;
  }
}

TEST(metrics, histograms_are_cumulative) {
  auto const text = text_of(sample_values());
  EXPECT_NE(text.find("buildwatch_poll_duration_seconds_bucket{le=\"0.1\"} 4\n"
                      "buildwatch_poll_duration_seconds_bucket{le=\"1\"} 6\n"
                      "buildwatch_poll_duration_seconds_bucket{le=\"+Inf\"} 7\n"
                      "buildwatch_poll_duration_seconds_sum 3.5\n"
                      "buildwatch_poll_duration_seconds_count 7\n"),
            std::string::npos);
}

TEST(metrics, jobs_without_series_are_counted) {
  EXPECT_TRUE(has_line(text_of(sample_values()), "buildwatch_jobs_without_series 4"));
}

TEST(metrics, label_values_are_escaped) {
  auto v = sample_values();
  v.providers[0].name = "a\"b\\c\nd";
  EXPECT_NE(text_of(v).find("provider=\"a\\\"b\\\\c\xEF\xBF\xBD"
                            "d\""),
            std::string::npos);
}

// Each line is a comment or a sample; a family is described once, before its samples, and stands together.
TEST(metrics, families_stand_together_and_are_described) {
  auto v = sample_values();
  for (int i = 0; i < 3000; ++i) {
    v.each_job.push_back(v.each_job[0]);
    v.each_job.back().name = "job-" + std::to_string(i);
  }
  std::istringstream lines(text_of(v));
  std::set<std::string> closed;
  std::set<std::string> samples;
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      closed.insert(family);
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_EQ(closed.count(family), 0U) << family;
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(line.starts_with("# TYPE " + family + " "));
      EXPECT_EQ(line.ends_with(" counter"), family.ends_with("_total")) << line;
    } else {
      EXPECT_TRUE(line.starts_with(family)) << line;
      EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
    }
  }
  EXPECT_GT(samples.size(), 3000U * 7);
}

TEST(metrics, many_jobs_make_small_pieces) {
  auto v = sample_values();
  for (int i = 0; i < 10000; ++i) v.each_job.push_back(v.each_job[0]);
  std::size_t longest = 0;
  testing::whole(*metrics_body(std::move(v), {}), &longest);
  EXPECT_LT(longest, 96U * 1024);
}

}  // namespace
}  // namespace buildwatch::web

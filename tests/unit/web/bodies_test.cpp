#include "web/bodies.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/web/views.hpp"
#include "unit/web/whole.hpp"

namespace buildwatch::web {
namespace {

using nlohmann::json;
using testing::idle_job;
using testing::running_job;

TEST(job_json, has_every_field_in_the_contracts_order_and_null_for_what_is_unknown) {
  job_view j;
  j.job = {"a", "huawei", std::string(32, '4'), {}};
  EXPECT_EQ(job_json(j),
            R"({"name": "a", "provider": "huawei", "job_id": "44444444444444444444444444444444", )"
            R"("labels": {}, "state": "pending", "build": null, "progress": null, "eta": null, )"
            R"("eta_between": null, "last_poll_at": null, "next_poll_at": null, "last_error": null, "running": [], )"
            R"("last_outcome": null})");
}

TEST(job_json, tells_of_a_running_build) {
  job_view j = running_job("a");
  j.job.labels = {{"team", "firm\"ware"}, {"x", "\xFF"}};
  j.last_poll_at = testing::at(testing::evening);
  j.last_error = "HTTP 500: \"x\"\n";
  auto const o = json::parse(job_json(j));
  EXPECT_EQ(o.at("state"), "running");
  EXPECT_EQ(o.at("build").at("number"), 42);
  EXPECT_EQ(o.at("running"), json::array({o.at("build")}));
  EXPECT_EQ(o.at("last_outcome"), "success");
  EXPECT_EQ(o.at("progress"), 0.25);
  EXPECT_EQ(o.at("eta"), "2026-11-23T20:28:23.000Z");
  EXPECT_EQ(o.at("eta_between"), (json{"2026-11-23T20:26:43.000Z", "2026-11-23T20:30:03.000Z"}));
  EXPECT_EQ(o.at("labels").at("team"), "firm\"ware");
  EXPECT_EQ(o.at("labels").at("x"), "\xEF\xBF\xBD");
  EXPECT_EQ(o.at("last_error"), "HTTP 500: \"x\"\n");
}

model::build running_build(std::uint32_t number) {
  model::build b;
  b.number = number;
  b.building = true;
  return b;
}

TEST(job_json, tells_all_builds_that_run_below_one_that_has_ended) {
  job_view j = idle_job("a");
  j.state = job_state::running;
  j.running = {running_build(40), running_build(38)};
  auto const o = json::parse(job_json(j));
  EXPECT_EQ(o.at("build").at("number"), 41);
  ASSERT_EQ(o.at("running").size(), 2U);
  EXPECT_EQ(o.at("running")[0].at("number"), 40);
  EXPECT_EQ(o.at("running")[1].at("number"), 38);
  EXPECT_EQ(o.at("running")[1].at("building"), true);
}

std::string numbers_of(std::vector<model::build> const& builds) {
  std::string text;
  for (model::build const& b : builds) text += std::to_string(b.number) + (b.building ? "r " : " ");
  return text;
}

TEST(builds, that_run_stand_among_those_that_have_finished) {
  std::vector<model::build> finished;
  for (std::uint32_t const n : {9U, 7U, 5U, 4U}) {
    finished.push_back(testing::finished_build(n, model::outcome::success));
  }
  std::vector<model::build> const running{running_build(10), running_build(8), running_build(7), running_build(3)};
  EXPECT_EQ(numbers_of(with_running(finished, running, 100)), "10r 9 8r 7 5 4 3r ");
  EXPECT_EQ(numbers_of(with_running(finished, running, 3)), "10r 9 8r ");
  EXPECT_EQ(numbers_of(with_running({}, running, 1)), "10r ");
  EXPECT_EQ(numbers_of(with_running(finished, {}, 2)), "9 7 ");
}

std::vector<std::string> names_in(json const& page) {
  std::vector<std::string> names;
  for (auto const& j : page.at("jobs")) names.push_back(j.at("name"));
  return names;
}

TEST(jobs_body, pages_reach_every_job_once) {
  testing::fake_jobs jobs;
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back("job-" + std::to_string(1000 + i));
    jobs.add(idle_job(all.back()));
  }
  for (std::size_t const limit : {1UL, 63UL, 64UL, 65UL, 128UL, 999UL, 1000UL}) {
    std::vector<std::string> found;
    std::string after;
    for (int pages = 0; pages < 1001; ++pages) {
      auto const page = json::parse(testing::whole(*jobs_body(jobs, after, limit)));
      auto const names = names_in(page);
      ASSERT_LE(names.size(), limit);
      found.insert(found.end(), names.begin(), names.end());
      if (page.at("next").is_null()) break;
      after = page.at("next");
      ASSERT_EQ(after, names.back());
    }
    EXPECT_EQ(found, all) << limit;
  }
}

TEST(jobs_body, is_made_by_small_pieces) {
  testing::fake_jobs jobs;
  for (int i = 0; i < 1000; ++i) jobs.add(idle_job("job-" + std::to_string(i)));
  std::size_t longest = 0;
  auto const all = testing::whole(*jobs_body(jobs, "", 1000), &longest);
  EXPECT_EQ(json::parse(all).at("jobs").size(), 1000U);
  EXPECT_LT(longest, 64U * 1024);
}

TEST(jobs_body, an_empty_page_and_one_past_the_end) {
  testing::fake_jobs jobs;
  EXPECT_EQ(testing::whole(*jobs_body(jobs, "", 10)), R"({"jobs": [], "next": null})");
  jobs.add(idle_job("a"));
  EXPECT_EQ(testing::whole(*jobs_body(jobs, "a", 10)), R"({"jobs": [], "next": null})");
}

TEST(records, builds_and_events_are_as_in_events) {
  std::vector<model::build> builds(200, testing::finished_build(7, model::outcome::failure));
  auto const page = json::parse(testing::whole(*builds_body(builds)));
  EXPECT_EQ(page.at("builds").size(), 200U);
  EXPECT_EQ(page.at("builds").at(0).at("duration_seconds"), 60);
  EXPECT_EQ(
      json::parse(testing::whole(*events_body({testing::event_of(3)}))).at("events").at(0).at("data").at("sequence"),
      3);
  EXPECT_EQ(testing::whole(*events_body({})), R"({"events": []})");
}

TEST(sinks, tell_what_waits) {
  sink_view s;
  s.name = "oncall";
  s.type = "webhook";
  s.pending = 3;
  s.paused_until = testing::at(testing::evening);
  s.last_error = "503";
  EXPECT_EQ(sinks_json(std::vector{s, sink_view{}}),
            R"({"sinks": [{"name": "oncall", "type": "webhook", "pending": 3, "delivered": 0, "dead": 0, )"
            R"("paused_until": "2026-11-23T20:18:23.000Z", "last_error": "503"}, {"name": "", "type": "", )"
            R"("pending": 0, "delivered": 0, "dead": 0, "paused_until": null, "last_error": null}]})");
}

TEST(health, says_why_not) {
  EXPECT_EQ(health_json({}), R"({"status": "ok", "reasons": []})");
  EXPECT_EQ(health_json(std::vector<std::string>{"the disk is full", "b"}),
            R"({"status": "unavailable", "reasons": ["the disk is full", "b"]})");
}

}  // namespace
}  // namespace buildwatch::web

// A page of /api/v1/jobs, read by `status`.
#include "service/jobs_page.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view running =
    R"({"name": "a", "provider": "p", "job_id": "0", "labels": {"k": "]}\"{"}, "state": "running", )"
    R"("build": {"number": 42, "building": true, "outcome": null, "started_at": "2026-11-23T19:05:11.000Z", )"
    R"("finished_at": null, "source": {"branch": "jobs"}}, "progress": 0.2500, "eta": "2026-11-23T20:18:23.417Z", )"
    R"("eta_between": ["2026-11-23T20:18:00Z", "2026-11-23T20:19:00Z"], "last_error": null, "new_field": [{}, [1]]})";
constexpr std::string_view failed =
    R"({"name": "b\u0062", "state": "idle", "build": {"number": 7, "outcome": "failure", )"
    R"("finished_at": "2026-11-23T20:18:17.000Z"}, "progress": null, "eta": null, "last_error": "no answer"})";

base::wall_time second(std::int64_t n) { return base::wall_time(std::chrono::seconds(n)); }

std::string page_of(std::string_view jobs, std::string_view next = "null") {
  return R"({"jobs": [)" + std::string(jobs) + R"(], "next": )" + std::string(next) + "}";
}

std::string error_of(std::string const& body, std::string_view after = "") {
  auto const page = read_jobs_page(body, after);
  return page ? "" : page.error().text;
}

TEST(a_page, tells_each_job) {
  auto const page = read_jobs_page(page_of(std::string(running) + ", " + std::string(failed), R"("bb")"), "0");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->next, "bb");
  ASSERT_EQ(page->jobs.size(), 2U);
  listed_job const& a = page->jobs[0];
  EXPECT_EQ(a.name + " " + a.state, "a running");
  EXPECT_EQ(a.build, 42U);
  EXPECT_EQ(a.outcome, "");
  EXPECT_EQ(a.started_at, second(1795460711));
  EXPECT_EQ(a.finished_at, std::nullopt);
  EXPECT_EQ(a.progress, 0.25);
  EXPECT_EQ(a.eta, second(1795465103) + 417ms);
  EXPECT_EQ(a.eta_between, std::pair(second(1795465080), second(1795465140)));
  EXPECT_EQ(a.last_error, "");
  listed_job const& b = page->jobs[1];
  EXPECT_EQ(b.name + " " + b.outcome + " " + b.last_error, "bb failure no answer");
  EXPECT_EQ(b.finished_at, second(1795465097));
  EXPECT_EQ(b.progress, std::nullopt);
}

constexpr std::string_view side_by_side =
    R"({"name": "c", "state": "running", "build": {"number": 7, "building": false, "outcome": "failure", )"
    R"("started_at": "2026-11-23T20:11:37.000Z", "finished_at": "2026-11-23T20:18:17.000Z"}, "progress": null, )"
    R"("running": [{"number": 6, "building": true, "outcome": null, "started_at": "2026-11-23T19:05:11.000Z", )"
    R"("finished_at": null}, {"number": 5, "building": true, "outcome": null, "started_at": null}]})";

TEST(a_page, tells_the_newest_build_that_runs_where_a_higher_number_has_ended) {
  auto const page = read_jobs_page(page_of(side_by_side), "");
  ASSERT_TRUE(page.has_value());
  listed_job const& c = page->jobs[0];
  EXPECT_EQ(c.build, 6U);
  EXPECT_EQ(c.outcome, "");
  EXPECT_EQ(c.started_at, second(1795460711));
  EXPECT_EQ(c.finished_at, std::nullopt);
  EXPECT_EQ(page->texts.size(), 1U);
}

TEST(a_page, tells_how_the_last_build_ended_while_the_next_is_queued) {
  auto const page = read_jobs_page(
      page_of(
          R"({"name": "a", "state": "queued", "build": {"number": 8, "outcome": null}, "last_outcome": "failure"})"),
      "");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->jobs[0].outcome, "");
  EXPECT_EQ(page->jobs[0].last_outcome, "failure");
}

TEST(a_page, does_not_take_a_build_that_has_ended_for_one_that_runs) {
  std::string other(side_by_side);
  other.replace(other.find("running\": ["), 7, "ignored");
  auto const page = read_jobs_page(page_of(other), "");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->jobs[0].build, 7U);
  EXPECT_EQ(page->jobs[0].started_at, std::nullopt) << "nobody knows for how long";
}

TEST(a_page, gives_each_job_as_it_came) {
  auto const page = read_jobs_page(page_of(std::string(running) + ", " + std::string(failed)), "");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->texts, (std::vector<std::string>{std::string(running), std::string(failed)}));
  EXPECT_EQ(page->next, std::nullopt);
}

TEST(a_page, gives_each_job_on_one_line) {
  auto const page = read_jobs_page(
      "{\"more\": [{\"name\": \"x\"}],\n\"jobs\": [{\r\n\"name\": \"a\\n\",\n\"state\": \"idle\"}]}\n", "");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->texts, (std::vector<std::string>{"{  \"name\": \"a\\n\", \"state\": \"idle\"}"}));
}

TEST(a_page, may_be_empty) {
  auto const page = read_jobs_page(page_of(""), "z");
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->jobs.empty());
}

TEST(a_page, that_is_none_is_an_error) {
  for (std::string const body : {"", "{", "[]", "null", "<html>", "{}", R"({"jobs": {}})", R"({"jobs": null})",
                                 R"({"jobs": [1]})", R"({"jobs": [{}]})", R"({"jobs": [{"name": "a"}]})",
                                 R"({"jobs": [{"name": 1, "state": "idle"}]})", "{\"jobs\": [\"\xff\"]}"}) {
    EXPECT_TRUE(error_of(body).starts_with("the answer is no list of jobs")) << body;
  }
  EXPECT_NE(error_of(R"({"jobs": [{"name": "a", "state": "b"}], "jobs": [{"name": "a", "state": "b"}]})"), "");
}

TEST(a_page, leads_on_or_is_an_error) {
  EXPECT_EQ(error_of(page_of(running, R"("b")"), "a"), "");
  for (std::string const next : {R"("a")", R"("A")", R"("b&limit=1")", R"("b c")", R"("")", "1", "{}"}) {
    EXPECT_NE(error_of(page_of(running, next), "a"), "") << next;
  }
  EXPECT_NE(error_of(page_of("", R"("b")"), "a"), "") << "an empty page is the last";
}

TEST(a_page, with_strange_values_has_empty_ones) {
  auto const page = read_jobs_page(
      page_of(R"({"name": "a", "state": "idle", "build": {"number": -1, "finished_at": "soon", "outcome": 3},
      "progress": "half", "eta": 7, "eta_between": ["2026-11-23T20:18:00Z"], "last_error": []})"),
      "");
  ASSERT_TRUE(page.has_value());
  listed_job const& j = page->jobs.at(0);
  EXPECT_EQ(j.build, 0U);
  EXPECT_FALSE(j.finished_at || j.progress || j.eta || j.eta_between);
  EXPECT_EQ(j.outcome + j.last_error, "");
}

TEST(an_error, has_a_message) {
  EXPECT_EQ(error_message(R"({"error": {"code": "busy", "message": "the store is busy"}})"), "the store is busy");
  EXPECT_EQ(error_message("<html>"), "");
  EXPECT_EQ(error_message(R"({"error": "x"})"), "");
}

TEST(a_stamp, is_read_or_is_none) {
  EXPECT_EQ(read_rfc3339("1970-01-01T00:00:01Z"), second(1));
  EXPECT_EQ(read_rfc3339("2026-11-23T20:18:23.5Z"), second(1795465103) + 500ms);
  EXPECT_EQ(read_rfc3339("2026-11-23T20:18:23.417999999Z"), second(1795465103) + 417ms);
  for (std::string_view const text : {"", "Z", "2026-11-23", "2026-11-23T20:18:23", "2026-11-23T20:18:23+00:00",
                                      "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T20:60:00Z",
                                      "2026-11-23 20:18:23Z", "-026-11-23T20:18:23Z", "2026-11-23T20:18:23Zx"}) {
    EXPECT_EQ(read_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace buildwatch::service

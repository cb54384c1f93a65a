#include "web/feeds.hpp"

#include <gtest/gtest.h>

#include "unit/web/views.hpp"
#include "unit/web/whole.hpp"
#include "web/xml_text.hpp"

namespace buildwatch::web {
namespace {

using model::outcome;
using testing::idle_job;
using testing::running_job;

constexpr auto root = "http://localhost:9847/";

TEST(cctray, a_project_has_all_six_attributes) {
  EXPECT_EQ(cctray_project(idle_job("a", outcome::failure), root),
            "  <Project name=\"a\" activity=\"Sleeping\" lastBuildStatus=\"Failure\" lastBuildLabel=\"41\" "
            "lastBuildTime=\"2026-11-23T20:18:23Z\" webUrl=\"http://localhost:9847/#/job/a\"/>\n");
}

TEST(cctray, a_running_build_is_an_activity_and_the_last_one_stays) {
  auto const text = cctray_project(running_job("a"), root);
  EXPECT_NE(text.find("activity=\"Building\" lastBuildStatus=\"Success\" lastBuildLabel=\"41\""), std::string::npos);
}

TEST(cctray, a_job_that_cannot_be_watched_is_an_exception) {
  for (auto const state : {job_state::unreachable, job_state::not_found}) {
    job_view j = idle_job("a");
    j.state = state;
    EXPECT_NE(cctray_project(j, root).find("lastBuildStatus=\"Exception\""), std::string::npos);
  }
}

TEST(cctray, outcomes_are_trays_words) {
  auto const has = [](outcome o, std::string const& word) {
    return cctray_project(idle_job("a", o), root).find("lastBuildStatus=\"" + word + "\"") != std::string::npos;
  };
  EXPECT_TRUE(has(outcome::success, "Success"));
  EXPECT_TRUE(has(outcome::unstable, "Failure"));
  EXPECT_TRUE(has(outcome::aborted, "Unknown"));
  EXPECT_TRUE(has(outcome::unknown, "Unknown"));
}

TEST(cctray, a_job_without_builds_is_still_well_formed) {
  job_view j = idle_job("a");
  j.build = j.finished = std::nullopt;
  EXPECT_NE(cctray_project(j, root).find("lastBuildStatus=\"Unknown\" lastBuildLabel=\"\" "
                                         "lastBuildTime=\"1970-01-01T00:00:00Z\""),
            std::string::npos);
}

TEST(cctray, an_end_that_is_known_roughly_is_told_so) {
  job_view j = idle_job("a");
  auto const has = [&](std::string const& time) {
    return cctray_project(j, root).find("lastBuildTime=\"" + time + "\"") != std::string::npos;
  };
  j.finished->finished_at.reset();
  EXPECT_TRUE(has("2026-11-23T20:17:23Z")) << "when it began, at least";
  j.finished->first_seen_finished = testing::at(testing::evening + 5);
  EXPECT_TRUE(has("2026-11-23T20:18:28Z"));
}

TEST(cctray, the_link_is_the_jobs_page_whatever_was_built) {
  job_view j = idle_job("a");
  j.finished->source = model::build_source();
  j.finished->source->url = "https://repo.example.com/commit/1";
  EXPECT_NE(cctray_project(j, root).find("webUrl=\"http://localhost:9847/#/job/a\""), std::string::npos);
  EXPECT_NE(cctray_project(j, "http://a&\"/").find("webUrl=\"http://a&amp;&quot;/#/job/a\""), std::string::npos);
}

TEST(cctray, times_are_in_whole_seconds) {
  job_view j = idle_job("a");
  j.finished->finished_at = testing::at(testing::evening) + std::chrono::milliseconds(999);
  EXPECT_NE(cctray_project(j, root).find("lastBuildTime=\"2026-11-23T20:18:23Z\""), std::string::npos);
}

TEST(cctray, the_feed_has_every_job_by_small_pieces) {
  testing::fake_jobs jobs;
  EXPECT_EQ(testing::whole(*cctray_body(jobs, root)),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Projects>\n</Projects>\n");
  for (int i = 0; i < 640; ++i) jobs.add(idle_job("job-" + std::to_string(i)));
  std::size_t longest = 0;
  auto const feed = testing::whole(*cctray_body(jobs, root), &longest);
  std::size_t count = 0;
  for (auto at = feed.find("<Project "); at != std::string::npos; at = feed.find("<Project ", at + 1)) ++count;
  EXPECT_EQ(count, 640U);
  EXPECT_TRUE(feed.ends_with("</Projects>\n"));
  EXPECT_LT(longest, 64U * 1024);
}

TEST(badge, says_how_the_last_build_ended_to_eyes_and_ears) {
  auto const svg = badge_svg(idle_job("firmware", outcome::failure));
  EXPECT_NE(svg.find(">failing</text>"), std::string::npos);
  EXPECT_NE(svg.find("aria-label=\"firmware: failing\""), std::string::npos);
  EXPECT_NE(badge_svg(running_job("a")).find("passing"), std::string::npos);
  job_view j = running_job("a");
  j.finished.reset();
  EXPECT_NE(badge_svg(j).find("running"), std::string::npos);
  j.state = job_state::unreachable;
  EXPECT_NE(badge_svg(j).find("unreachable"), std::string::npos);
}

TEST(xml, markup_and_what_xml_forbids_are_made_harmless) {
  EXPECT_EQ(escaped("<a b='c' d=\"e\">&"), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
  EXPECT_EQ(escaped(std::string_view("\0\x1b\xff", 3)), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace buildwatch::web

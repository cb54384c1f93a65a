// What is said of an event in one line.
#include <gtest/gtest.h>

#include "buildwatch/model/imagined.hpp"

namespace buildwatch::model {
namespace {

using namespace std::chrono_literals;

base::wall_time at(base::duration since) {
  return base::wall_time(1'795'000'000s) + std::chrono::floor<std::chrono::milliseconds>(since);
}

event of_build(event_type type) {
  event e;
  e.type = type;
  e.timestamp = at(2h + 5min);
  e.provider = "huawei";
  e.job = job{"firmware-nightly", "huawei", std::string(32, 'a'), {}};
  e.build = build{};
  e.build->number = 42;
  e.build->building = type != event_type::build_finished;
  return e;
}

event finished(outcome o) {
  event e = of_build(event_type::build_finished);
  e.build->outcome = o;
  return e;
}

/// With its times.
event ended(outcome o) {
  event e = finished(o);
  e.build->started_at = at(0s);
  e.build->finished_at = at(4386s);
  return e;
}

event with(event e, change c) {
  e.change = c;
  return e;
}

event on(event e, std::string branch) {
  e.build->source = build_source{std::move(branch), "", "", ""};
  return e;
}

event because(event e, std::string reason) {
  e.reason = std::move(reason);
  return e;
}

TEST(summary, says_how_a_build_ended) {
  EXPECT_EQ(summary(finished(outcome::success)), "firmware-nightly #42 passed");
  EXPECT_EQ(summary(finished(outcome::failure)), "firmware-nightly #42 failed");
  EXPECT_EQ(summary(finished(outcome::unstable)), "firmware-nightly #42 is unstable");
  EXPECT_EQ(summary(finished(outcome::aborted)), "firmware-nightly #42 was aborted");
  event odd = finished(outcome::unknown);
  odd.build->result = "NOT_BUILT";
  EXPECT_EQ(summary(odd), "firmware-nightly #42 ended in an unknown way (NOT_BUILT)");
}

TEST(summary, says_what_has_changed) {
  EXPECT_EQ(summary(with(ended(outcome::failure), change::broken)),
            "firmware-nightly #42 failed after 1 h 13 min (was passing)");
  EXPECT_EQ(summary(with(ended(outcome::success), change::fixed)),
            "firmware-nightly #42 passed after 1 h 13 min (fixed, was failing)");
  EXPECT_EQ(summary(with(ended(outcome::unstable), change::still_failing)),
            "firmware-nightly #42 is unstable after 1 h 13 min (still failing)");
  EXPECT_EQ(summary(with(ended(outcome::success), change::still_passing)),
            "firmware-nightly #42 passed after 1 h 13 min");
}

TEST(summary, names_the_branch_where_it_is_known) {
  EXPECT_EQ(summary(on(with(ended(outcome::failure), change::broken), "main")),
            "firmware-nightly #42 failed on main after 1 h 13 min (was passing)");
  EXPECT_EQ(summary(on(finished(outcome::success), "")), "firmware-nightly #42 passed");
  EXPECT_EQ(summary(on(of_build(event_type::build_started), "main")), "firmware-nightly #42 is running on main");
  EXPECT_EQ(summary(on(of_build(event_type::build_overdue), "main")), "firmware-nightly #42 is overdue on main");
}

TEST(summary, says_at_least_where_nobody_knows_the_start) {
  event e = finished(outcome::failure);
  e.build->first_seen_running = at(0s);
  e.build->last_seen_running = at(125s);
  e.build->finished_at = at(130s);
  EXPECT_EQ(summary(e), "firmware-nightly #42 failed after at least 2 min 5 s");
  e.build->last_seen_running = at(0s);
  EXPECT_EQ(summary(e), "firmware-nightly #42 failed") << "it was seen once";
  e.build->last_seen_running.reset();
  EXPECT_EQ(summary(e), "firmware-nightly #42 failed");
}

TEST(summary, ends_with_the_reason) {
  EXPECT_EQ(summary(because(with(ended(outcome::failure), change::broken), "12 builds were missed")),
            "firmware-nightly #42 failed after 1 h 13 min (was passing): 12 builds were missed");
  event gone;
  gone.type = event_type::provider_unreachable;
  gone.provider = "huawei";
  EXPECT_EQ(summary(because(gone, "HTTP 503")), "provider huawei can not be reached: HTTP 503");
}

TEST(summary, says_that_a_build_runs_and_since_when_if_that_is_long_ago) {
  event e = of_build(event_type::build_started);
  EXPECT_EQ(summary(e), "firmware-nightly #42 is running");
  e.build->started_at = e.timestamp - 59s;
  EXPECT_EQ(summary(e), "firmware-nightly #42 is running");
  e.build->started_at = e.timestamp - 20min;
  EXPECT_EQ(summary(e), "firmware-nightly #42 is running, for 20 min already");
  e.timestamp = {};
  EXPECT_EQ(summary(e), "firmware-nightly #42 is running") << "of a build that no event told of";
}

TEST(summary, says_how_long_an_overdue_build_has_run) {
  event e = of_build(event_type::build_overdue);
  EXPECT_EQ(summary(e), "firmware-nightly #42 is overdue");
  EXPECT_EQ(summary(because(e, "overdue_after is 2 h")), "firmware-nightly #42 is overdue: overdue_after is 2 h");
  e.build->first_seen_running = at(5min);
  EXPECT_EQ(summary(e), "firmware-nightly #42 is overdue: it has run for at least 2 h");
  e.build->started_at = at(0s);
  EXPECT_EQ(summary(e), "firmware-nightly #42 is overdue: it has run for 2 h 5 min");
  EXPECT_EQ(summary(because(e, "overdue_after is 2 h")),
            "firmware-nightly #42 is overdue: it has run for 2 h 5 min; overdue_after is 2 h");
}

TEST(summary, of_an_imagined_event_shows_what_such_a_line_looks_like) {
  job const j{"firmware", "huawei", std::string(32, 'a'), {}};
  EXPECT_EQ(summary(imagined_event(selector::overdue, j, 42, at(0s))),
            "firmware #42 is overdue: it has run for at least 2 h");
  EXPECT_EQ(summary(imagined_event(selector::started, j, 42, at(0s))), "firmware #42 is running");
  EXPECT_EQ(summary(imagined_event(selector::fixed, j, 42, at(0s))), "firmware #42 passed (fixed, was failing)");
}

}  // namespace
}  // namespace buildwatch::model

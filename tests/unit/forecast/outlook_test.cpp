#include "buildwatch/forecast/outlook.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "series.hpp"

namespace buildwatch::forecast {
namespace {

using namespace std::chrono_literals;

void expect_sensible(estimate const& e) {
  EXPECT_GT(e.left, 0s);
  EXPECT_LE(e.left_low, e.left);
  EXPECT_LE(e.left, e.left_high);
  EXPECT_GE(e.progress, 0);
  EXPECT_LE(e.progress, 1);
}

TEST(outlook, says_nothing_of_a_new_job) {
  for (std::uint32_t count : {0U, 1U, 2U}) {
    outlook const o(steady(count));
    EXPECT_EQ(o.builds(), count);
    EXPECT_FALSE(o.at(10s)) << count;
    EXPECT_FALSE(o.overdue_after()) << count;
    EXPECT_GT(o.hazard(10s), 0) << count;
  }
  EXPECT_TRUE(outlook(steady(3)).at(10s));
  EXPECT_FALSE(outlook(steady(4)).overdue_after());
  EXPECT_TRUE(outlook(steady(5)).overdue_after());
}

TEST(outlook, of_a_steady_job_knows_what_is_left) {
  outlook const o(steady(50));
  estimate const half = o.at(300s).value();
  EXPECT_NEAR(in_seconds(half.left), 300, 15);
  EXPECT_NEAR(half.progress, 0.5, 0.02);
  EXPECT_GT(half.left_low, 250s);
  EXPECT_LT(half.left_high, 360s);
  EXPECT_NEAR(o.at(0s)->progress, 0, 1e-9);
}

TEST(outlook, three_builds_are_enough_for_a_rough_idea) {
  estimate const e = outlook(steady(3)).at(150s).value();
  EXPECT_NEAR(in_seconds(e.left), 450, 60);
}

TEST(outlook, follows_a_job_whose_builds_take_longer_from_one_day_on) {
  EXPECT_NEAR(in_seconds(outlook(jumped(60, 5)).at(60s)->left), 1140, 120);
  // Once the old level has passed without an end, two builds at the new one are enough.
  EXPECT_NEAR(in_seconds(outlook(jumped(60, 2)).at(400s)->left), 800, 120);
}

TEST(outlook, of_a_job_with_two_kinds_of_builds_changes_its_mind_between_them) {
  outlook const o(bimodal());
  estimate const early = o.at(30s).value();
  EXPECT_NEAR(in_seconds(early.left), 90, 20);
  EXPECT_GT(early.left_high, 900s) << "it may be a full one";
  EXPECT_NEAR(in_seconds(o.at(200s)->left), 1000, 100);
}

TEST(outlook, of_a_job_with_a_long_tail_is_not_led_by_it) {
  outlook const o(long_tailed());
  EXPECT_NEAR(in_seconds(o.at(60s)->left), 240, 40);
  EXPECT_GT(o.at(20min)->left, 30min) << "it has become one of the long ones";
}

TEST(outlook, tells_failures_from_successes) {
  // A quarter fails, within a minute or so; after that a build is sure to be one of those that take ten.
  auto builds = steady(60);
  for (std::size_t i = 0; i < builds.size(); i += 4) {
    builds[i].outcome = model::outcome::failure;
    builds[i].lasted = seconds(30 + 60 * scattered(static_cast<std::uint32_t>(i)));
  }
  outlook const o(builds);
  EXPECT_LT(o.at(10s)->left_low, 80s);
  EXPECT_GT(o.at(150s)->left_low, 400s);
  // A row of failures makes the next one likely, a row of successes does not.
  auto failing = builds;
  for (std::size_t i = 0; i < 6; ++i) failing[i] = builds[4 * i];
  EXPECT_LT(outlook(failing).at(0s)->left, 120s);
  EXPECT_GT(o.at(0s)->left, 500s);
}

TEST(outlook, knows_jobs_whose_failures_take_turns_with_successes) {
  // Somebody breaks it, somebody mends it: what comes next is what came after such builds before.
  auto builds = steady(60);
  for (std::size_t i = 0; i < builds.size(); i += 2) {
    builds[i].outcome = model::outcome::failure;
    builds[i].lasted = 60s;
  }
  EXPECT_GT(outlook(builds).at(0s)->left, 500s) << "after a failure";
  EXPECT_LT(outlook(std::span(builds).subspan(1)).at(0s)->left, 120s) << "after a success";
}

TEST(outlook, takes_no_whole_second_for_an_exact_one) {
  // Records in whole seconds: a build may end half-way between two of them as well.
  outlook const o(series(60, [](std::uint32_t i) { return std::floor(8 + 5 * scattered(i)); }));
  for (double s = 8; s < 12; s += 0.5) EXPECT_LT(o.hazard(seconds(s)), 4 * o.hazard(seconds(s + 0.5))) << s;
}

TEST(outlook, is_made_of_the_newest_hundred) {
  auto builds = steady(100, 600);
  for (past_build const& old : steady(50, 60)) builds.push_back(old);
  outlook const o(builds);
  EXPECT_EQ(o.builds(), most_past_builds);
  EXPECT_EQ(o.at(10s)->left, outlook(steady(100, 600)).at(10s)->left);
}

TEST(outlook, is_sensible_whatever_it_is_made_of_and_asked) {
  auto const same = [](double s) { return series(20, [s](std::uint32_t) { return s; }); };
  for (auto const& builds : {steady(40), bimodal(), jumped(), long_tailed(), steady(3), same(0), same(1e-9), same(600),
                             same(3e8), series(30, [](std::uint32_t i) { return i % 2 == 0 ? 0.0 : 1e6; })}) {
    outlook const o(builds);
    for (base::duration const elapsed :
         {base::duration(-1h), base::duration(0s), base::duration(1ns), base::duration(1s), base::duration(10min),
          base::duration(48h), base::duration(24h * 3650)}) {
      expect_sensible(o.at(elapsed).value());
      EXPECT_GT(o.hazard(elapsed), 0);
      EXPECT_TRUE(std::isfinite(o.hazard(elapsed)));
    }
    EXPECT_GT(o.overdue_after().value_or(1s), 0s);
  }
}

TEST(outlook, of_a_build_longer_than_any_known_still_expects_an_end) {
  outlook const o(steady(50));
  EXPECT_GT(o.at(2h)->left, 10min);
  EXPECT_LT(o.at(2h)->left, 4h);
  EXPECT_GT(o.at(10h)->left, o.at(2h)->left) << "the longer it takes, the longer it may take still";
}

TEST(outlook, hazard_is_highest_where_builds_end) {
  outlook const o(steady(50));
  EXPECT_GT(o.hazard(610s), 20 * o.hazard(300s));
  EXPECT_GT(o.hazard(610s), 20 * o.hazard(2h));
}

TEST(outlook, nothing_ordinary_is_overdue) {
  for (auto const& builds : {steady(60), bimodal(), jumped(60, 20)}) {
    base::duration longest = 0s;
    for (past_build const& b : builds) longest = std::max(longest, b.lasted);
    EXPECT_GT(outlook(builds).overdue_after().value(), longest);
    EXPECT_LT(outlook(builds).overdue_after().value(), 3 * longest);
  }
}

TEST(outlook, ranges_hold_what_they_promise) {
  // What is left of each build, told from the builds before it: four of five should lie within the range.
  auto const builds =
      series(400, [](std::uint32_t i) { return 300 * std::exp(0.3 * (scattered(i) + scattered(i + 7000))); });
  int within = 0, asked = 0;
  for (std::size_t i = 0; i + 100 < builds.size(); ++i) {
    base::duration const elapsed = builds[i].lasted / 2, left = builds[i].lasted - elapsed;
    estimate const e = outlook(std::span(builds).subspan(i + 1)).at(elapsed).value();
    within += e.left_low <= left && left <= e.left_high ? 1 : 0;
    ++asked;
  }
  EXPECT_NEAR(within, 0.8 * asked, 0.08 * asked);
}

}  // namespace
}  // namespace buildwatch::forecast

// A question of a followed job that fails, while others of it are answered.
#include <gtest/gtest.h>

#include "unit/watch/followed.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

/// A job some of whose builds cannot be asked about: `broken`.
class failing : public ::testing::Test {
 protected:
  failing() {
    w.builds = {{1, {-2h, -1h}}};
    auto const truth = w.answer_all;
    w.answer_all = [this, truth](ask const& a) {
      bool const fails = a.query.what == asks::build && broken.contains(a.query.build);
      return fails ? failed() : truth(a);
    };
  }
  [[nodiscard]] std::size_t asked_of(std::uint32_t build) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(w.requests, [&](auto const& r) { return r.what == asks::build && r.build == build; }));
  }

  followed_world w{timing{60s, 15s, 5min, false}};
  std::set<std::uint32_t> broken;
};

TEST_F(failing, a_build_that_cannot_be_asked_about_holds_up_no_later_one) {
  broken = {2};
  w.builds[2] = {10min, 20min};
  w.builds[3] = {30min, 40min, "FAILURE"};
  w.builds[4] = {50min, 60min};
  w.run_until(70min);
  EXPECT_EQ(w.tale(), (strings{"unreachable", "started 3", "finished 3", "started 4", "finished 4"}));
  EXPECT_EQ(w.events[0].reason, "build 2: HTTP 500");
  EXPECT_LT(asked_of(2), 20U) << "it backs off, to once in five minutes";
  EXPECT_EQ(w.logged("poll.answered_again"), 0U) << "it never did";
  EXPECT_LE(w.logged("poll.failed"), 4U);
}

TEST_F(failing, it_is_told_once_it_can_be_asked_about_and_that_ends_the_outage) {
  broken = {2};
  w.builds[2] = {10min, 20min};
  w.builds[3] = {30min, 40min};
  w.run_until(45min);
  broken.clear();
  w.run_until(55min);
  EXPECT_EQ(w.tale(), (strings{"unreachable", "started 3", "finished 3", "recovered", "finished 2"}));
}

TEST_F(failing, builds_beside_one_that_fails_are_polled_as_ever) {
  w.builds[2] = {10min, 60min};
  w.builds[3] = {10min, 40min, "FAILURE"};
  w.run_until(20min);
  broken = {2};
  w.run_until(30min);
  std::size_t const before = asked_of(3);
  w.run_until(50min);
  EXPECT_NEAR(static_cast<double>(asked_of(3) - before), 40, 3) << "ten minutes at 15 s";
  EXPECT_EQ(w.tale(), (strings{"started 2", "started 3", "unreachable", "finished 3"}));
  broken.clear();
  w.run_until(70min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "started 3", "unreachable", "finished 3", "recovered", "finished 2"}));
}

TEST_F(failing, builds_missed_while_the_daemon_was_away_are_told_but_for_the_one_that_fails) {
  w.run_until(5min);
  w.remember();
  for (std::uint32_t n = 2; n <= 5; ++n) w.builds[n] = {5min + n * 1min, 6min + n * 1min};
  broken = {3};
  w.restart(followed_world::one(timing{60s, 15s, 5min, false}), 20min);
  w.run_for(10min);
  EXPECT_EQ(w.tale(), (strings{"finished 2", "finished 4", "finished 5", "unreachable"}));
}

TEST_F(failing, missed_builds_beyond_catch_up_are_passed_over_one_by_one_where_the_list_fails) {
  w.run_until(5min);
  w.remember();
  for (std::uint32_t n = 2; n <= 9; ++n) w.builds[n] = {5min + n * 1min, 6min + n * 1min};
  w.builds[3].ends = 60min;
  w.lists_fail = true;
  options o = followed_world::one(timing{60s, 15s, 5min, false});
  timing few = *o.jobs[0].times;
  few.catch_up = 2;
  o.jobs[0].times = std::make_shared<timing const>(few);
  w.restart(o, 20min);
  w.run_until(50min);
  EXPECT_EQ(w.tale(), (strings{"started 3", "finished 8", "finished 9"}));
  EXPECT_EQ(w.old_numbers(), (std::vector<std::uint32_t>{1, 2, 4, 5, 6, 7}));
}

TEST_F(failing, a_single_failure_leaves_missed_builds_in_order) {
  w.run_until(5min);
  w.remember();
  for (std::uint32_t n = 2; n <= 5; ++n) w.builds[n] = {5min + n * 1min, 6min + n * 1min};
  bool once = true;
  auto const truth = w.answer_all;
  w.answer_all = [&, truth](ask const& a) {
    bool const fails = a.query.what == asks::build && a.query.build == 4 && std::exchange(once, false);
    return fails ? failed() : truth(a);
  };
  w.restart(followed_world::one(), 20min);
  w.run_for(10min);
  EXPECT_EQ(w.tale(), (strings{"finished 2", "finished 3", "finished 4", "finished 5"}));
}

TEST_F(failing, a_newest_build_that_fails_at_first_sight_does_not_hide_the_next_one) {
  broken = {1};
  w.builds[2] = {20min, 30min};
  w.run_until(40min);
  EXPECT_EQ(w.tale(), (strings{"unreachable", "recovered", "started 2", "finished 2"}));
  EXPECT_EQ(w.asked(asks::list), 1U) << "past builds are fetched once all the same";
}

TEST_F(failing, a_build_that_nobody_has_seen_is_given_up_after_a_day) {
  broken = {2};
  w.builds[2] = {10min, 20min};
  w.builds[3] = {30min, 40min};
  w.run_until(26h);
  EXPECT_EQ(w.tale(), (strings{"unreachable", "started 3", "finished 3", "recovered"}));
  EXPECT_EQ(w.logged("build.let_go"), 1U);
}

TEST_F(failing, nor_after_a_restart_one_that_is_queued_is_given_up_at_once) {
  w.builds[2] = {2h, 3h, "FAILURE", 100min};
  w.run_until(30min);
  w.remember();
  w.restart(followed_world::one(), 1min);
  broken = {2};
  w.run_until(1h);
  broken.clear();
  w.run_until(4h);
  EXPECT_EQ(w.tale().back(), "finished 2");
}

TEST_F(failing, one_that_ran_is_never_given_up) {
  w.builds[2] = {10min, 20min, "FAILURE"};
  w.run_until(15min);
  broken = {2};
  w.run_until(60h);
  broken.clear();
  w.run_for(10min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "unreachable", "recovered", "finished 2"}));
}

TEST_F(failing, looks_that_fail_leave_the_build_that_runs_at_its_pace) {
  w.builds[2] = {10min, 60min};
  w.run_until(20min);
  w.failing = {asks::newest};
  std::size_t const before = asked_of(2);
  w.run_until(40min);
  EXPECT_NEAR(static_cast<double>(asked_of(2) - before), 80, 8) << "20 minutes at 15 s";
  EXPECT_EQ(w.tale(), (strings{"started 2", "unreachable"}));
  w.failing.clear();
  w.run_until(70min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "unreachable", "recovered", "finished 2"}));
}

TEST_F(failing, where_nothing_is_answered_one_question_is_asked_at_a_time_and_the_job_backs_off) {
  w.builds[2] = {10min, 3h};
  w.builds[3] = {10min, 3h};
  w.run_until(20min);
  std::size_t const before = w.requests.size();
  auto const truth = w.answer_all;
  w.answer_all = [](ask const&) { return failed(); };
  w.run_until(80min);
  EXPECT_LE(w.requests.size() - before, 18U) << "doubling to five minutes";
  w.answer_all = truth;
  w.run_until(90min);
  EXPECT_EQ(w.told().back(), "job0 job.recovered");
}

TEST_F(failing, an_outage_goes_on_over_a_restart_until_what_failed_is_answered) {
  w.builds[2] = {10min, 60min};
  w.run_until(20min);
  broken = {2};
  w.run_until(30min);
  w.remember();
  w.restart(followed_world::one(), 10s);
  w.run_for(15min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "unreachable"}));
  broken.clear();
  w.run_for(10min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "unreachable", "recovered"}));
}

// ---- numbers that cannot be

TEST_F(failing, old_builds_of_a_job_whose_list_showed_none_are_no_news) {
  followed_world old;
  old.refused = {asks::newest};
  for (std::uint32_t n = 1; n <= 30; ++n) old.builds[n] = {-24h * 60 + n * 1h, -24h * 60 + n * 1h + 10min, "FAILURE"};
  auto const truth = old.answer_all;
  old.answer_all = [&, truth](ask const& a) {
    observation o = truth(a);
    if (a.query.what != asks::list) return o;
    std::erase_if(o.records, [&](auto const& r) { return *r.started_at < old.wall_at(old.now() - 31 * 24h); });
    o.number = o.records.empty() ? 0 : o.records[0].number;
    return o;
  };
  old.builds[31] = {1h, 2h};
  old.run_until(3h);
  EXPECT_EQ(old.tale(), (strings{"started 31", "finished 31"}));
}

TEST_F(failing, builds_of_a_job_that_was_said_to_have_none_just_before_are_no_news) {
  w.builds.clear();
  w.run_until(10min);
  for (std::uint32_t n = 1; n <= 30; ++n) w.builds[n] = {-60h + n * 1h, -60h + n * 1h + 10min};
  w.builds[31] = {30min, 40min};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 31", "finished 31"}));
}

TEST_F(failing, the_first_builds_of_a_job_are_news) {
  w.builds = {{1, {10min + 1s, 10min + 5s}}, {2, {10min + 6s, 10min + 9s}}, {3, {10min + 10s, 12min}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"finished 1", "finished 2", "started 3", "finished 3"}));
}

TEST_F(failing, a_running_status_that_names_no_build_any_more_is_said_once_and_the_list_tells) {
  auto const truth = w.answer_all;
  w.answer_all = [&, truth](ask const& a) {
    observation o = truth(a);
    if (a.query.what == asks::newest && w.now() > 10min) o.number = 0;
    return o;
  };
  w.builds[2] = {20min, 30min};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2"}));
  EXPECT_EQ(w.logged("job.stepped_back", base::log_level::warn), 1U);
}

TEST_F(failing, numbers_that_begin_anew_are_said_once) {
  w.builds[30] = {-20min, -10min};
  w.run_until(10min);
  w.builds = {{1, {15min, 20min}}};
  w.run_until(1h);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.logged("job.stepped_back", base::log_level::warn), 1U);
}

TEST(overdue, is_told_of_a_build_that_ran_and_is_gone) {
  followed_world w(timing{60s, 15s, 5min, false, false, 30min});
  w.builds = {{1, {-2h, -1h}}, {2, {10min, 20h}}};
  w.run_until(20min);
  w.builds[2].expired = true;
  w.run_until(60min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "overdue 2"}));
}

}  // namespace
}  // namespace buildwatch::watch::testing

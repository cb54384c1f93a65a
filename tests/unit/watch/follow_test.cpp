// A job followed from build to build: first sight, side by side, gaps, records.
#include <gtest/gtest.h>

#include "buildwatch/watch/newest.hpp"
#include "unit/watch/followed.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

TEST(follow, takes_what_has_ended_for_a_silent_baseline) {
  followed_world w;
  w.builds = {{40, {-3h, -2h}}, {41, {-90min, -1h, "FAILURE"}}};
  w.run_until(1h);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.old_numbers(), (std::vector<std::uint32_t>{40, 41}));
  for (old_build const& b : w.history) EXPECT_TRUE(b.build.times_exact) << "by its record: #" << b.build.number;
  EXPECT_EQ(w.asked(asks::list), 1U) << "once";
  EXPECT_EQ(w.asked(asks::build), 1U);
  EXPECT_NEAR(static_cast<double>(w.asked(asks::newest)), 60, 1) << "one request an interval while nothing runs";
}

TEST(follow, tells_of_each_build_from_then_on) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {10min, 30min}}, {3, {40min, 50min, "FAILURE"}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2", "started 3", "finished 3"}));
  EXPECT_EQ(w.asked(asks::record), 2U) << "one more for each that has ended";
}

TEST(follow, first_sees_one_running_with_the_start_that_its_record_tells) {
  followed_world w;
  w.builds = {{7, {-20min, 10min}}};
  w.run_until(1h);
  ASSERT_EQ(w.tale(), (strings{"started 7", "finished 7"}));
  EXPECT_EQ(w.events[0].build->started_at, w.wall_at(-20min));
}

TEST(follow, first_sees_one_running_whose_start_nothing_tells) {
  followed_world w;
  w.refused = {asks::list, asks::record};
  w.builds = {{7, {-20min, 10min}}};
  w.run_until(1h);
  ASSERT_EQ(w.tale(), (strings{"started 7", "finished 7"}));
  EXPECT_EQ(w.events[0].build->started_at, std::nullopt) << "never guessed";
  EXPECT_EQ(w.events[1].build->started_at, std::nullopt);
  EXPECT_FALSE(w.events[1].build->times_exact);
  EXPECT_EQ(w.events[1].build->source, std::nullopt);
}

TEST(follow, tells_the_exact_times_and_the_source_of_the_record) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {10min + 3s, 30min + 7s}}};
  w.run_until(1h);
  ASSERT_EQ(w.tale(), (strings{"started 2", "finished 2"}));
  model::build const& b = *w.events[1].build;
  EXPECT_EQ(b.started_at, w.wall_at(10min + 3s));
  EXPECT_EQ(b.finished_at, w.wall_at(30min + 7s));
  EXPECT_TRUE(b.times_exact);
  EXPECT_EQ(b.source, (model::build_source{"main", "c2", "MANUAL", {}}));
  EXPECT_EQ(w.events[1].timestamp, b.first_seen_finished) << "seen then, though its record came later";
}

TEST(follow, believes_no_record_that_polling_contradicts) {
  for (base::duration const off : {-5min, 5min}) {
    followed_world w;
    w.builds = {{1, {-1h, -30min}}, {2, {10min, 30min}}};
    w.record_off = off;
    w.run_until(1h);
    ASSERT_EQ(w.tale(), (strings{"started 2", "finished 2"}));
    EXPECT_FALSE(w.events[1].build->times_exact);
    EXPECT_TRUE(w.events[1].build->source) << "that is true all the same";
  }
}

TEST(follow, tells_the_end_without_a_record_that_does_not_come) {
  followed_world w;
  w.records_fail = true;
  w.builds = {{1, {-1h, -30min}}, {2, {10min, 30min}}, {3, {40min, 50min}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2", "started 3", "finished 3"}));
  EXPECT_EQ(w.asked(asks::record), 2U) << "tried once for each";
}

TEST(follow, leaves_a_refused_call_alone_for_a_day) {
  followed_world w;
  w.refused = {asks::record};
  for (std::uint32_t n = 1; n < 70; ++n) w.builds[n] = {n * 1h, n * 1h + 10min};
  w.run_until(23h);
  EXPECT_EQ(w.asked(asks::record), 1U);
  w.refused.clear();
  w.run_until(50h);
  EXPECT_GE(w.asked(asks::record), 20U);
}

TEST(follow, takes_the_list_where_running_status_is_refused) {
  followed_world w;
  w.refused = {asks::newest};
  w.builds = {{1, {-1h, -30min}}, {2, {10min, 30min}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2"}));
  EXPECT_EQ(w.asked(asks::newest), 1U);
  EXPECT_EQ(w.logged("job.call_refused"), 1U);
}

TEST(follow, probes_where_both_are_refused) {
  followed_world w;
  w.refused = {asks::newest, asks::list};
  for (std::uint32_t n = 1; n < 345; ++n) w.builds[n] = {-1000h + n * 1h, -1000h + n * 1h + 10min};
  w.builds[345] = {10min, 30min};
  w.builds[346] = {40min, 50min};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 345", "finished 345", "started 346", "finished 346"}));
  EXPECT_EQ(w.asked(asks::newest), 1U);
  EXPECT_EQ(w.asked(asks::list), 1U);
}

TEST(follow, says_that_probing_hit_nothing_and_goes_on) {
  followed_world w;
  w.refused = {asks::newest, asks::list};
  w.builds = {{1001, {-1h, -50min}}};
  w.run_until(1min);
  EXPECT_EQ(w.logged("job.newest_unknown", base::log_level::warn), 1U);
  EXPECT_EQ(w.asked(asks::build), watch::newest_search::most_probes);
  w.refused.clear();
  w.run_until(30h);
  w.builds[1002] = {w.now() + 10min, w.now() + 30min};
  w.run_for(2h);
  EXPECT_EQ(w.tale(), (strings{"started 1002", "finished 1002"}));
}

TEST(follow, follows_builds_side_by_side) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {10min, 50min}}, {3, {15min, 25min}}, {4, {20min, 40min, "ABORTED"}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "started 3", "started 4", "finished 3", "finished 4", "finished 2"}));
}

TEST(follow, first_sees_builds_side_by_side) {
  followed_world w;
  w.builds = {{2, {-10min, 50min}}, {3, {-5min, -2min}}, {4, {-4min, 40min}}};
  w.run_until(1h);
  strings tale = w.tale();
  std::ranges::sort(tale);
  EXPECT_EQ(tale, (strings{"finished 2", "finished 4", "started 2", "started 4"}));
}

TEST(follow, passes_skipped_numbers) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {5, {10min, 20min}}, {9, {30min, 40min}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 5", "finished 5", "started 9", "finished 9"}));
}

TEST(follow, waits_for_a_queued_build_which_holds_up_no_later_one) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {2h, 3h, "SUCCESS", 110min}}, {3, {20min, 30min}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 3", "finished 3"}));
  w.run_until(4h);
  EXPECT_EQ(w.tale(), (strings{"started 3", "finished 3", "started 2", "finished 2"}));
}

TEST(follow, waits_for_a_number_that_is_missing_among_newer_ones) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {40min, 50min}}};  // queued until then, which some answer as "no such build"
  for (std::uint32_t n = 3; n < 9; ++n) w.builds[n] = {10min + n * 1s, 15min};
  w.run_until(1h);
  EXPECT_EQ(w.events.size(), 14U);
  EXPECT_EQ(w.events.back().build->number, 2U);
}

TEST(follow, asks_again_after_a_reload_what_was_refused_though_a_search_goes_on) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}};
  w.refused = {asks::newest};
  w.lists_fail = true;
  w.run_until(30min);
  EXPECT_EQ(w.asked(asks::newest), 1U);
  w.refused.clear();
  w.reload(followed_world::one());
  w.run_for(10min);
  EXPECT_GE(w.asked(asks::newest), 2U);
  w.remember();
  EXPECT_TRUE(w.stored.all().jobs.at(0).begun);
}

TEST(follow, begins_with_a_job_that_was_never_built) {
  followed_world w;
  w.run_until(1h);
  EXPECT_EQ(w.engine().counts().idle, 1U);
  w.builds[1] = {w.now() + 5s, w.now() + 25s};
  w.run_for(1h);
  EXPECT_EQ(w.tale(), strings{"finished 1"}) << "between two looks";
}

TEST(follow, survives_a_newest_build_that_has_expired) {
  followed_world w;
  w.builds = {{40, {-300h, -299h, "SUCCESS", {}, true}}};
  w.run_until(1h);
  w.builds[41] = {w.now(), w.now() + 10min};
  w.run_for(3h);
  EXPECT_EQ(w.tale(), (strings{"started 41", "finished 41"}));
  EXPECT_EQ(w.logged("build.gone"), 0U);
}

TEST(follow, tells_a_job_that_was_deleted_from_one_that_never_was) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(1h);
  w.deleted = true;
  w.run_until(3h);
  EXPECT_TRUE(w.events.empty()) << "that nothing is there is an answer";
  EXPECT_EQ(w.logged("job.gone", base::log_level::warn), 1U);
  w.deleted = false;
  w.builds[2] = {w.now(), w.now() + 10min};
  w.run_for(30min);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2"}));

  followed_world never;
  never.deleted = true;
  never.run_until(1h);
  EXPECT_EQ(never.told(), strings{"job0 job.unreachable"});
  EXPECT_EQ(never.engine().counts().not_found, 1U);
}

// --- missed builds

TEST(missed, are_told_from_the_oldest_up) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  for (std::uint32_t n = 2; n < 8; ++n) w.builds[n] = {10min + n * 1h, 10min + n * 1h + 30min};
  w.builds[8] = {11h, 20h};
  w.restart(followed_world::one(), 12h);
  w.run_for(1h);
  EXPECT_EQ(w.tale(),
            (strings{"finished 2", "finished 3", "finished 4", "finished 5", "finished 6", "finished 7", "started 8"}));
  for (auto const& e : w.events) EXPECT_EQ(e.reason, std::nullopt);
}

TEST(missed, beyond_catch_up_go_into_the_history_and_the_first_told_says_so) {
  timing times{60s, 15s, 5min};
  times.catch_up = 5;
  followed_world w(times);
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  w.history.clear();
  for (std::uint32_t n = 2; n < 32; ++n) w.builds[n] = {10min + n * 10min, 10min + n * 10min + 5min};
  w.builds[32] = {11h, 20h};
  w.builds[12].ends = 30h;  // still runs, far down
  w.restart(followed_world::one(times), 12h);
  w.run_for(1h);
  EXPECT_EQ(w.tale(), (strings{"finished 27", "finished 28", "finished 29", "finished 30", "finished 31", "started 32",
                               "started 12"}));
  EXPECT_EQ(w.events[0].reason,
            "24 earlier builds of the time without polls ended too, and went into the history only (catch_up)");
  EXPECT_EQ(w.events[1].reason, std::nullopt);
  std::vector<std::uint32_t> old = w.old_numbers();
  old.erase(std::ranges::unique(old).begin(), old.end());
  EXPECT_EQ(old.size(), 24U);
  EXPECT_EQ(old.front(), 2U);
  EXPECT_EQ(old.back(), 26U);
}

TEST(missed, are_none_of_them_told_with_a_catch_up_of_nothing) {
  timing times{60s, 15s, 5min};
  times.catch_up = 0;
  followed_world w(times);
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  w.builds[2] = {20min, 30min};
  w.builds[3] = {40min, 15h};
  w.restart(followed_world::one(times), 12h);
  w.run_for(1h);
  EXPECT_EQ(w.tale(), strings{"started 3"});
  EXPECT_TRUE(std::ranges::count(w.old_numbers(), 2U) > 0);
}

TEST(missed, without_a_list_are_told_of_as_far_as_is_known) {
  timing times{60s, 15s, 5min};
  times.catch_up = 2;
  followed_world w(times);
  w.refused = {asks::list};
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  for (std::uint32_t n = 2; n < 12; ++n) w.builds[n] = {10min + n * 10min, 10min + n * 10min + 5min};
  w.restart(followed_world::one(times), 12h);
  w.run_for(1h);
  EXPECT_EQ(w.tale(), (strings{"finished 10", "finished 11"}));
  EXPECT_EQ(w.events[0].reason,
            "8 earlier builds of the time without polls ended too, and went into the history only (catch_up)");
}

TEST(missed, while_one_ran_come_after_its_end) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {5min, 30min}}, {3, {40min, 50min}}};
  w.run_until(10min);
  w.restart(followed_world::one(), 12h);
  w.run_for(1h);
  EXPECT_EQ(w.tale(), (strings{"started 2", "finished 2", "finished 3"}));
}

TEST(missed, are_told_once_whatever_the_journal_does) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  for (std::uint32_t n = 2; n < 8; ++n) w.builds[n] = {10min + n * 1h, 10min + n * 1h + 30min};
  w.builds[8] = {11h, 13h};
  int tries = 0;
  w.stores = [&](model::event const&) { return ++tries % 3 == 0; };
  w.restart(followed_world::one(), 12h);
  w.run_for(5h);
  EXPECT_EQ(w.tale(), (strings{"finished 2", "finished 3", "finished 4", "finished 5", "finished 6", "finished 7",
                               "started 8", "finished 8"}));
}

// --- where polls are placed, and what is overdue

std::vector<forecast::past_build> steady(base::duration lasted, std::size_t n = 30) {
  std::vector<forecast::past_build> past;
  for (std::size_t i = 0; i < n; ++i) {
    past.push_back({static_cast<std::uint32_t>(n - i), lasted + i % 7 * 5s, model::outcome::success});
  }
  return past;
}

TEST(adaptive, polls_are_dense_where_builds_end_and_no_more_of_them) {
  followed_world w({10min, 60s, 5min});
  w.builds = {{50, {-1s, 1h}}};
  w.past = steady(1h);
  w.run_until(2h);
  ASSERT_EQ(w.tale(), (strings{"started 50", "finished 50"}));
  std::vector<base::duration> polls;
  for (auto const& r : w.requests) {
    if (r.what == asks::build) polls.push_back(r.at);
  }
  EXPECT_LE(polls.size(), 75U) << "a fixed interval makes 60";
  base::duration widest{};
  for (std::size_t i = 1; i < polls.size(); ++i) widest = std::max(widest, polls[i] - polls[i - 1]);
  EXPECT_LE(widest, 2min + 1s);
  EXPECT_LT(polls.back() - 1h, 20s) << "seen at once";
}

TEST(adaptive, is_fixed_with_few_past_builds) {
  followed_world w({10min, 60s, 5min});
  w.builds = {{50, {-1s, 1h}}};
  w.past = steady(1h, 4);
  w.run_until(2h);
  std::size_t const polls = w.asked(asks::build);
  EXPECT_NEAR(static_cast<double>(polls), 61, 2);
}

TEST(overdue, is_told_once_by_the_jobs_own_history) {
  followed_world w;
  w.builds = {{50, {-1s, 5h}}};
  w.past = steady(1h);
  w.run_until(6h);
  EXPECT_EQ(w.tale(), (strings{"started 50", "overdue 50", "finished 50"}));
  EXPECT_GT(w.events[1].timestamp, w.wall_at(1h));
  EXPECT_LT(w.events[1].timestamp, w.wall_at(4h));
  EXPECT_TRUE(w.events[1].reason);
  EXPECT_TRUE(w.events[1].build->building);
}

// The past builds of a job are fetched at its first sight, while one of it is being seen to run.
TEST(overdue, is_told_of_a_build_that_runs_at_the_first_sight_of_its_job) {
  for (std::uint32_t const which : {0U, 50U}) {
    options o = followed_world::one();
    o.jobs[0].build = which;
    followed_world w(o);
    w.past_of_history = true;
    for (std::uint32_t n = 1; n < 50; ++n) w.builds[n] = {-5h * (50 - n), -5h * (50 - n) + 1h};
    w.builds[50] = {-1s, 5h};
    w.run_until(6h);
    EXPECT_EQ(w.tale(), (strings{"started 50", "overdue 50", "finished 50"})) << which;
  }
}

TEST(overdue, is_told_after_a_time_that_is_set_and_survives_a_restart) {
  timing times{60s, 15s, 5min};
  times.overdue_auto = false;
  times.overdue_after = 2h;
  followed_world w(times);
  w.builds = {{50, {-1s, 5h}}};
  w.run_until(3h);
  EXPECT_EQ(w.tale(), (strings{"started 50", "overdue 50"}));
  w.restart(followed_world::one(times), 5min);
  w.run_until(6h);
  EXPECT_EQ(w.tale(), (strings{"started 50", "overdue 50", "finished 50"}));
}

TEST(overdue, is_never_told_where_it_is_not_to_be) {
  timing times{60s, 15s, 5min};
  times.overdue_auto = false;
  followed_world w(times);
  w.builds = {{50, {-1s, 50h}}};
  w.past = steady(1h);
  w.run_until(60h);
  EXPECT_EQ(w.tale(), (strings{"started 50", "finished 50"}));
}

}  // namespace
}  // namespace buildwatch::watch::testing

// A followed job where storing fails, or answers do not fit together: nothing is lost, and nothing is told that is no
// news.
#include <gtest/gtest.h>

#include "unit/watch/followed.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

TEST(follow, tells_none_of_a_baseline_that_could_not_be_stored_at_first) {
  followed_world w;
  w.builds = {{4, {-10min, 50min}}, {5, {-5min, -2min}}, {6, {-4min, -3min}}};
  w.notes_stored = false;
  w.run_until(5min);
  w.notes_stored = true;
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 4", "finished 4"})) << "which the list knew to run";
}

TEST(follow, tells_the_end_of_one_that_ended_while_its_baseline_was_found) {
  followed_world w;
  w.builds = {{1, {-10min, 35ms}}};
  w.run_until(1h);
  EXPECT_EQ(w.tale(), (strings{"started 1", "finished 1"}));
}

TEST(follow, tells_once_of_one_that_was_told_before_its_baseline_was_found) {
  followed_world w;
  for (std::uint32_t n = 1; n < 4; ++n) w.builds[n] = {-2h, -1h};
  w.builds[7] = {-10min, 25ms};  // by the list it runs; probing does not meet it
  w.answer_all = [&, answers = w.answer_all](ask const& a) {
    if (w.now() >= 25ms) w.refused = {asks::newest, asks::list};
    return answers(a);
  };
  w.notes_stored = false;
  w.run_until(30s);
  w.notes_stored = true;
  w.run_until(30h);
  EXPECT_EQ(w.tale(), strings{"finished 7"});
}

TEST(follow, is_not_led_past_builds_by_a_list_that_is_ahead) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {10min, 10min + 5s}}, {3, {10min + 10s, 40min}}};
  w.failing = {asks::list};
  w.lag = 15min;
  w.run_until(10min + 20s);
  w.failing.clear();
  w.run_until(2h);
  EXPECT_GE(w.asked(asks::list), 2U) << "the builds of the past are fetched late";
  EXPECT_EQ(w.tale(), (strings{"finished 2", "started 3", "finished 3"}));
}

TEST(follow, knows_a_start_that_was_found_twice_as_it_could_not_be_stored) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}, {2, {10min + 5s, 40min}}};
  w.stores = [&](model::event const&) { return w.now() > 15min; };
  w.run_until(1h);
  ASSERT_EQ(w.tale(), (strings{"started 2", "finished 2"}));
  EXPECT_EQ(w.events[1].build->started_at, w.wall_at(10min + 5s));
}

TEST(follow, knows_a_start_long_before_probing_has_met_the_build) {
  followed_world w;
  w.refused = {asks::newest, asks::list};
  for (std::uint32_t n = 1; n < 345; ++n) w.builds[n] = {-1000h + n * 1h, -1000h + n * 1h + 10min};
  for (std::uint32_t n : {348U, 352U}) w.builds[n] = {10min, 50min};
  w.run_until(1h);
  ASSERT_EQ(w.tale().size(), 4U);
  EXPECT_EQ(w.events[2].build->started_at, w.wall_at(10min));
  EXPECT_EQ(w.events[3].build->started_at, w.wall_at(10min));
}

TEST(follow, waits_for_no_record_that_can_not_even_be_asked_for) {
  timing const times{5s, 5s, 5min};
  options o = jobs(3, times, 0.2);
  o.jobs[0].build = 0;
  followed_world w(o);
  w.latency = 8s;
  w.builds = {{1, {-1h, 5min}}};
  std::optional<base::duration> seen;
  w.answer_all = [&, answers = w.answer_all](ask const& a) {
    if (a.job != 0) return seen ? failed(fault::throttled, "HTTP 429", 30min) : running();
    observation const answer = answers(a);
    if (answer.sight == sight::finished && !seen) seen = w.now();
    return answer;
  };
  while (!seen) w.run_for(1s);
  w.run_for(12s);
  auto const told = [](model::event const& e) {
    return e.type == model::event_type::build_finished && e.build->number == 1;
  };
  EXPECT_TRUE(std::ranges::any_of(w.events, told)) << "its provider is left in peace for half an hour";
}

TEST(missed, are_passed_over_once_whatever_the_journal_does) {
  timing times{60s, 15s, 5min};
  times.catch_up = 5;
  followed_world w(times);
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  w.history.clear();
  for (std::uint32_t n = 2; n < 32; ++n) w.builds[n] = {10min + n * 10min, 10min + n * 10min + 5min};
  w.builds[32] = {11h, 20h};
  w.builds[12].ends = 30h;  // still runs, far down
  w.notes_stored = false;
  w.restart(followed_world::one(times), 12h);
  w.run_for(10min);
  w.notes_stored = true;
  w.run_for(1h);
  EXPECT_EQ(w.tale(), (strings{"finished 27", "finished 28", "finished 29", "finished 30", "finished 31", "started 32",
                               "started 12"}));
  std::vector<std::uint32_t> const old = w.old_numbers();
  for (std::uint32_t n = 2; n < 27; ++n) EXPECT_EQ(std::ranges::count(old, n) > 0, n != 12) << n;
}

TEST(missed, bear_times_in_the_order_in_which_they_are_told) {
  followed_world w;
  w.builds = {{1, {-1h, -30min}}};
  w.run_until(10min);
  for (std::uint32_t n = 2; n < 8; ++n) w.builds[n] = {10min + n * 1h, 10min + n * 1h + 30min};
  w.builds[8] = {11h, 20h};
  w.restart(followed_world::one(), 12h);
  w.run_for(1h);
  ASSERT_EQ(w.events.size(), 7U);
  EXPECT_TRUE(std::ranges::is_sorted(w.events, {}, &model::event::timestamp)) << "sinks go by them";
  EXPECT_LT(w.events[5].build->first_seen_finished, w.events[0].build->first_seen_finished)
      << "they were looked at from the newest down";
}

}  // namespace
}  // namespace buildwatch::watch::testing

// What follows from a finished build: how long it took, and what it changed.
#include <gtest/gtest.h>

#include "buildwatch/model/event.hpp"

namespace buildwatch::model {
namespace {

using namespace std::chrono_literals;

base::wall_time at(base::duration since) {
  return base::wall_time(1'795'000'000s) + std::chrono::floor<std::chrono::milliseconds>(since);
}

TEST(length_of, is_from_start_to_end) {
  build b;
  b.started_at = at(0s);
  b.first_seen_running = at(10s);
  b.finished_at = at(60s);
  EXPECT_EQ(length_of(b), 60s);
}

TEST(length_of, is_from_when_it_was_first_seen_where_nothing_tells_its_start) {
  build b;
  b.first_seen_running = at(10s);
  b.finished_at = at(60s);
  EXPECT_EQ(length_of(b), 50s);
}

TEST(length_of, is_unknown_without_both_ends_and_never_nothing) {
  build b;
  EXPECT_FALSE(length_of(b));
  b.finished_at = at(60s);
  EXPECT_FALSE(length_of(b)) << "nobody saw it run";
  b.started_at = at(60s);
  EXPECT_FALSE(length_of(b));
  b.started_at = at(61s);
  EXPECT_FALSE(length_of(b));
  b.finished_at.reset();
  EXPECT_FALSE(length_of(b));
}

constexpr outcome all_outcomes[]{outcome::success, outcome::failure, outcome::unstable, outcome::aborted,
                                 outcome::unknown};

std::optional<change> after(outcome before, outcome now) { return change_of(now, previous_build{41, before}, false); }

TEST(change_of, compares_with_the_build_before) {
  EXPECT_EQ(after(outcome::success, outcome::success), change::still_passing);
  EXPECT_EQ(after(outcome::success, outcome::failure), change::broken);
  EXPECT_EQ(after(outcome::success, outcome::unstable), change::broken);
  for (auto const before : {outcome::failure, outcome::unstable}) {
    EXPECT_EQ(after(before, outcome::success), change::fixed);
    EXPECT_EQ(after(before, outcome::failure), change::still_failing);
    EXPECT_EQ(after(before, outcome::unstable), change::still_failing);
  }
}

TEST(change_of, says_nothing_of_builds_that_neither_passed_nor_failed) {
  for (auto const before : {outcome::success, outcome::failure, outcome::unstable}) {
    EXPECT_FALSE(after(before, outcome::aborted));
    EXPECT_FALSE(after(before, outcome::unknown));
  }
}

TEST(change_of, says_nothing_without_a_build_before_or_once_a_later_one_has_ended) {
  for (auto const now : all_outcomes) {
    EXPECT_FALSE(change_of(now, std::nullopt, false));
    EXPECT_FALSE(change_of(now, previous_build{41, outcome::success}, true));
  }
}

}  // namespace
}  // namespace buildwatch::model

// Clocks of outages, their announcement, and who is reported (contract, section 3: "Unreachable").
#include "buildwatch/track/reachability.hpp"

#include <gtest/gtest.h>

namespace buildwatch::track {
namespace {

using namespace std::chrono_literals;

base::instant at(base::duration t) {
  return {base::time_point{1h + t}, base::wall_time{std::chrono::duration_cast<std::chrono::milliseconds>(t)}};
}

TEST(outage, counts_from_the_first_failed_poll_after_the_last_good_one) {
  reachability r = after_failure({}, at(10s));
  r = after_failure(r, at(20s));
  EXPECT_EQ(r.since, at(10s).mono);
  r = after_failure(after_good(r), at(30s));
  EXPECT_EQ(r.since, at(30s).mono);
  EXPECT_EQ(r.since_wall, at(30s).wall);
}

TEST(outage, is_told_once_and_taken_back_once) {
  reachability r = after_failure({}, at(10s));
  EXPECT_EQ(tell(r, false).what, notice::none);
  reach_step step = tell(r, true);
  EXPECT_EQ(step.what, notice::unreachable);
  EXPECT_EQ(tell(step.known, true).what, notice::none) << "while it is being stored";
  r = settled(step.known, true);
  EXPECT_EQ(tell(r, true).what, notice::none);
  step = tell(after_good(r), false);
  EXPECT_EQ(step.what, notice::recovered);
  EXPECT_EQ(step.known.told_begin, at(10s).wall) << "both notices carry the outage's begin";
  EXPECT_EQ(tell(step.known, false).what, notice::none);
  r = settled(step.known, true);
  EXPECT_EQ(tell(r, false).what, notice::none);
}

TEST(outage, that_was_not_told_is_not_taken_back) {
  EXPECT_EQ(tell(after_good(after_failure({}, at(0s))), true).what, notice::none);
}

TEST(outage, that_could_not_be_stored_is_told_again_under_the_same_begin) {
  reachability r = settled(tell(after_failure({}, at(10s)), true).known, false);
  r = after_failure(r, at(400s));
  reach_step const again = tell(r, true);
  EXPECT_EQ(again.what, notice::unreachable);
  EXPECT_EQ(again.known.told_begin, at(10s).wall);
}

TEST(outage, that_ended_while_being_told_is_told_and_then_taken_back) {
  reachability r = tell(after_failure({}, at(10s)), true).known;
  r = settled(after_good(r), true);
  EXPECT_EQ(tell(r, false).what, notice::recovered);
}

TEST(outage, that_ended_and_could_not_be_told_is_forgotten) {
  reachability r = tell(after_failure({}, at(10s)), true).known;
  EXPECT_EQ(tell(settled(after_good(r), false), true).what, notice::none);
}

TEST(outage, whose_end_could_not_be_stored_ends_later_under_its_own_begin) {
  reachability r = settled(tell(after_failure({}, at(10s)), true).known, true);
  r = settled(tell(after_good(r), false).known, false);
  r = after_failure(r, at(500s));
  EXPECT_EQ(tell(r, true).what, notice::none) << "it was never told to be over";
  reach_step const end = tell(after_good(r), false);
  EXPECT_EQ(end.what, notice::recovered);
  EXPECT_EQ(end.known.told_begin, at(10s).wall);
}

struct row {
  char const* what;
  circumstances c;
  decision expected;
};

class deadlines : public testing::TestWithParam<row> {};

TEST_P(deadlines, decide) { EXPECT_EQ(at_deadline(GetParam().c), GetParam().expected) << GetParam().what; }

circumstances given(bool told, bool failing, bool overdue, bool cause) {
  circumstances c;
  c.provider_told = told;
  c.provider_failing = failing;
  c.provider_overdue = overdue;
  c.cause_is_providers = cause;
  return c;
}

circumstances with_all(circumstances c, bool surely) {
  c.all_fail = true;
  c.all_fail_surely = surely;
  return c;
}

circumstances heard(circumstances c) {
  c.heard_meanwhile = true;
  return c;
}

INSTANTIATE_TEST_SUITE_P(
    table, deadlines,
    testing::Values(
        row{"its provider answers others", given(false, false, false, false), decision::job},
        row{"only it was asked lately, its own cause", given(false, true, true, false), decision::job},
        row{"the provider was told", given(true, true, true, true), decision::nothing},
        row{"all fail", with_all(given(false, true, false, false), true), decision::provider},
        row{"all fail, one perhaps by chance", with_all(given(false, true, false, false), false), decision::defer},
        row{"all fail, for long enough", with_all(given(false, true, true, false), false), decision::provider},
        row{"provider's cause, long enough", given(false, true, true, true), decision::provider},
        row{"provider's cause, not long enough", given(false, true, false, true), decision::defer},
        row{"provider's cause, but it answered another", heard(given(false, true, false, true)), decision::job},
        row{"provider's cause, and it answers", given(false, false, false, true), decision::job}));

}  // namespace
}  // namespace buildwatch::track

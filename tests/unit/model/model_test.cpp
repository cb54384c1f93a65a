#include <gtest/gtest.h>

#include "buildwatch/model/event.hpp"
#include "buildwatch/model/outcome.hpp"
#include "buildwatch/model/selector.hpp"

namespace buildwatch::model {
namespace {

using namespace std::chrono_literals;

TEST(outcome, words_of_the_contract_in_any_case) {
  auto const all = [](std::initializer_list<std::string_view> words, outcome expected) {
    for (auto const word : words) {
      EXPECT_EQ(outcome_of(word), expected) << word;
      std::string lower(word);
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      EXPECT_EQ(outcome_of(lower), expected) << lower;
    }
  };
  all({"SUCCESS", "SUCCEEDED", "OK", "BLUE"}, outcome::success);
  all({"FAILURE", "FAILED", "FAIL", "ERROR", "RED", "TIMEOUT", "TIMEDOUT", "SCHEDULE_FAILURE"}, outcome::failure);
  all({"UNSTABLE", "YELLOW"}, outcome::unstable);
  all({"ABORTED", "ABORT", "CANCELED", "CANCELLED", "STOPPED", "KILLED"}, outcome::aborted);
  all({"UNKNOWN", "NOT_BUILT", "Success!", "SUCCES", "é"}, outcome::unknown);
}

TEST(outcome, a_jobs_own_words_win) {
  outcome_words const extra{{"DEPLOY_ERROR", outcome::failure}, {"ok", outcome::unstable}};
  EXPECT_EQ(outcome_of("deploy_error", extra), outcome::failure);
  EXPECT_EQ(outcome_of("OK", extra), outcome::unstable);
  EXPECT_EQ(outcome_of("SUCCESS", extra), outcome::success);
}

TEST(outcome, words_that_decide_nothing) {
  for (auto const word : {"", "RUNNING", "building", "Starting", "InQueue", "QUEUED", "pending", "None"}) {
    EXPECT_TRUE(undecided_word(word)) << word;
  }
  EXPECT_FALSE(undecided_word("FAILURE"));
  EXPECT_FALSE(undecided_word("UNKNOWN"));
}

TEST(event_id, is_the_same_for_ever) {
  // Receivers know events by these: a change here is a change of the contract.
  EXPECT_EQ(event_id("huawei", "48c66c6002964721be537cdc6ce0297b", 42, event_type::build_finished),
            "evt_0766c1096fca5ecc94c4164c91bca1b8");
}

TEST(event_id, differs_with_each_part) {
  auto const base = event_id("p", "j", 1, event_type::build_started);
  EXPECT_NE(base, event_id("q", "j", 1, event_type::build_started));
  EXPECT_NE(base, event_id("p", "k", 1, event_type::build_started));
  EXPECT_NE(base, event_id("p", "j", 2, event_type::build_started));
  EXPECT_NE(base, event_id("p", "j", 1, event_type::build_finished));
  EXPECT_NE(event_id("a", "bc", 1, event_type::build_started), event_id("ab", "c", 1, event_type::build_started));
  EXPECT_EQ(base.size(), 36U);
}

event finished(outcome o) {
  event e;
  e.type = event_type::build_finished;
  e.provider = "huawei";
  e.job = job{"firmware-nightly", "huawei", std::string(32, 'a'), {}};
  e.build = build{};
  e.build->number = 42;
  e.build->outcome = o;
  return e;
}

TEST(for_people, waits_are_rounded_up_and_never_nothing) {
  EXPECT_EQ(wait_for_people(1us), "1 ms");
  EXPECT_EQ(wait_for_people(250ms), "250 ms");
  EXPECT_EQ(wait_for_people(1ms + 4min + 59s), "5 min");
}

TEST(for_people, shows_the_two_largest_units) {
  EXPECT_EQ(for_people(-5s), "0 s");
  EXPECT_EQ(for_people(59s), "59 s");
  EXPECT_EQ(for_people(60s), "1 min");
  EXPECT_EQ(for_people(61s), "1 min 1 s");
  EXPECT_EQ(for_people(3600s), "1 h");
  EXPECT_EQ(for_people(4386s), "1 h 13 min");
  EXPECT_EQ(for_people(51h + 20min), "2 d 3 h");
}

TEST(rfc3339, has_milliseconds_and_z) {
  EXPECT_EQ(to_rfc3339(base::wall_time{1'795'000'000'417ms}), "2026-11-18T11:06:40.417Z");
  EXPECT_EQ(to_rfc3339(base::wall_time{0ms}), "1970-01-01T00:00:00.000Z");
}

TEST(selector, words_name_themselves) {
  for (auto const word : selector_words()) {
    ASSERT_TRUE(selector_named(word)) << word;
    EXPECT_EQ(to_string(*selector_named(word)), word);
  }
  EXPECT_EQ(selector_words().size(), 15U);
  EXPECT_FALSE(selector_named("Failure"));
}

TEST(selector, matches_by_type_outcome_and_change) {
  event const failed = finished(outcome::failure);
  for (auto const s : {selector::finished, selector::failure, selector::all}) EXPECT_TRUE(matches(s, failed));
  for (auto const s : {selector::started, selector::success, selector::unstable, selector::aborted, selector::unknown,
                       selector::broken, selector::overdue, selector::unreachable, selector::recovered}) {
    EXPECT_FALSE(matches(s, failed)) << to_string(s);
  }
  event mended = finished(outcome::success);
  mended.change = change::fixed;
  EXPECT_TRUE(matches(selector::fixed, mended));
  EXPECT_FALSE(matches(selector::broken, mended));
  event started = finished(outcome::failure);
  started.type = event_type::build_started;
  EXPECT_TRUE(matches(selector::started, started));
  EXPECT_FALSE(matches(selector::failure, started)) << "outcome words match build.finished only";
  event gone;
  gone.type = event_type::provider_unreachable;
  EXPECT_TRUE(matches(selector::unreachable, gone));
  gone.type = event_type::job_recovered;
  EXPECT_TRUE(matches(selector::recovered, gone));
}

}  // namespace
}  // namespace buildwatch::model

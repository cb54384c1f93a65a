#include "buildwatch/notify/rules.hpp"
#include "buildwatch/model/glob.hpp"

#include <gtest/gtest.h>

#include "unit/notify/events.hpp"

namespace buildwatch::notify {
namespace {

using model::event_type;
using model::selector;
using testing::event_of_type;
using testing::finished_event;
using sinks = std::vector<sink_index>;

struct glob_case {
  char const* pattern;
  char const* name;
  bool matches;
};

class glob : public ::testing::TestWithParam<glob_case> {};

TEST_P(glob, matches_whole_names) {
  EXPECT_EQ(model::glob_matches(GetParam().pattern, GetParam().name), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(
    table, glob,
    ::testing::Values(glob_case{"", "", true}, glob_case{"", "a", false}, glob_case{"a", "", false},
                      glob_case{"abc", "abc", true}, glob_case{"abc", "abcd", false}, glob_case{"abc", "ABC", false},
                      glob_case{"*", "", true}, glob_case{"*", "anything", true}, glob_case{"**", "x", true},
                      glob_case{"firmware-*", "firmware-nightly", true}, glob_case{"firmware-*", "firmware-", true},
                      glob_case{"firmware-*", "firmware", false}, glob_case{"*-nightly", "a-nightly-nightly", true},
                      glob_case{"*-nightly", "a-nightly-", false}, glob_case{"a*b*c", "aXbYc", true},
                      glob_case{"a*b*c", "aXcYb", false}, glob_case{"?", "a", true}, glob_case{"?", "", false},
                      glob_case{"a?c", "abc", true}, glob_case{"a?c", "ac", false}, glob_case{"*?", "a", true},
                      glob_case{"*?", "", false}, glob_case{"[a-c]x", "bx", true}, glob_case{"[a-c]x", "dx", false},
                      glob_case{"[!a-c]x", "dx", true}, glob_case{"[!a-c]x", "ax", false}, glob_case{"[^a]", "b", true},
                      glob_case{"[abc]", "c", true}, glob_case{"[]]", "]", true}, glob_case{"[]a]", "a", true},
                      glob_case{"[!]]", "a", true}, glob_case{"[a-]", "-", true}, glob_case{"[-a]", "-", true},
                      glob_case{"[a", "[a", true}, glob_case{"[a", "a", false}, glob_case{"[", "[", true},
                      glob_case{"x[0-9][0-9]", "x42", true}, glob_case{"\\*", "*", true}, glob_case{"\\*", "a", false},
                      glob_case{"\\[a]", "[a]", true}, glob_case{"a\\", "a\\", true},
                      glob_case{"*[0-9]", "build7", true}, glob_case{"*[0-9]", "build", false},
                      glob_case{"*.*", "a.b", true}));

TEST(glob, a_pattern_of_many_stars_is_no_trap) {
  // A matcher that tries every way takes longer than the world will last.
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(model::glob_matches(pattern + "b", std::string(100, 'a')));
}

rule to(sink_index sink) {
  rule r;
  r.to = {sink};
  return r;
}

TEST(rules, without_the_key_everything_goes_everywhere_and_with_an_empty_list_nowhere) {
  EXPECT_EQ(rules(std::nullopt, 3, {}).sinks_for(finished_event()), (sinks{0, 1, 2}));
  EXPECT_EQ(rules(std::nullopt, 3, {}).sinks_for(event_of_type(event_type::build_started)), (sinks{0, 1, 2}));
  EXPECT_EQ(rules(std::vector<rule>{}, 3, {}).sinks_for(finished_event()), sinks{});
}

TEST(rules, a_sink_is_owed_an_event_once_however_many_rules_match) {
  rule both = to(2);
  both.to = {2, 0, 2};
  EXPECT_EQ(rules(std::vector<rule>{to(2), both}, 3, {}).sinks_for(finished_event()), (sinks{0, 2}));
}

TEST(rules, by_default_the_start_of_a_build_is_told_to_nobody) {
  rules const r(std::vector<rule>{to(0)}, 1, {});
  EXPECT_EQ(r.sinks_for(event_of_type(event_type::build_started)), sinks{});
  EXPECT_EQ(r.sinks_for(finished_event()), sinks{0});
  EXPECT_EQ(r.sinks_for(event_of_type(event_type::build_overdue)), sinks{0});
  EXPECT_EQ(r.sinks_for(event_of_type(event_type::job_unreachable)), sinks{0});
  EXPECT_EQ(r.sinks_for(event_of_type(event_type::job_recovered)), sinks{0});
}

TEST(rules, selectors_choose_by_outcome_and_change) {
  rule r = to(0);
  r.events = {selector::failure, selector::fixed};
  rules const some(std::vector<rule>{r}, 1, {});
  EXPECT_EQ(some.sinks_for(finished_event(model::outcome::failure)), sinks{0});
  EXPECT_EQ(some.sinks_for(finished_event(model::outcome::success)), sinks{});
  auto fixed = finished_event(model::outcome::success);
  fixed.change = model::change::fixed;
  EXPECT_EQ(some.sinks_for(fixed), sinks{0});
}

TEST(rules, jobs_are_globs_of_which_one_must_match) {
  rule r = to(0);
  r.jobs = {"docs", "firmware-*"};
  EXPECT_EQ(rules(std::vector<rule>{r}, 1, {}).sinks_for(finished_event()), sinks{0});
  r.jobs = {"docs", "firmware"};
  EXPECT_EQ(rules(std::vector<rule>{r}, 1, {}).sinks_for(finished_event()), sinks{});
}

TEST(rules, all_labels_must_match) {
  rule r = to(0);
  r.labels = {{"arch", "arm64"}, {"team", "firmware"}};
  EXPECT_EQ(rules(std::vector<rule>{r}, 1, {}).sinks_for(finished_event()), sinks{0});
  r.labels = {{"arch", "arm64"}, {"team", "docs"}};
  EXPECT_EQ(rules(std::vector<rule>{r}, 1, {}).sinks_for(finished_event()), sinks{});
  r.labels = {{"stage", "arm64"}};
  EXPECT_EQ(rules(std::vector<rule>{r}, 1, {}).sinks_for(finished_event()), sinks{});
}

TEST(rules, a_providers_event_matches_where_one_job_of_it_matches_both_globs_and_labels) {
  model::labels const firmware{{"team", "firmware"}}, docs{{"team", "docs"}};
  std::vector<job_facts> const jobs{
      {"fw-1", "huawei", firmware}, {"manual", "huawei", docs}, {"fw-2", "other", firmware}};
  auto const down = event_of_type(event_type::provider_unreachable);  // of "huawei"
  auto const reached = [&](std::vector<std::string> globs, model::labels labels) {
    rule r = to(0);
    r.jobs = std::move(globs);
    r.labels = std::move(labels);
    return !rules(std::vector<rule>{r}, 1, jobs).sinks_for(down).empty();
  };
  EXPECT_TRUE(reached({}, {}));
  EXPECT_TRUE(reached({"fw-*"}, firmware));
  EXPECT_TRUE(reached({"man*"}, docs));
  EXPECT_FALSE(reached({"fw-*"}, docs)) << "each matches one job, but none matches both";
  EXPECT_FALSE(reached({"fw-2"}, {})) << "that is another provider's job";
}

TEST(rules, a_provider_without_jobs_concerns_no_rule) {
  EXPECT_EQ(rules(std::vector<rule>{to(0)}, 1, {}).sinks_for(event_of_type(event_type::provider_unreachable)), sinks{});
}

}  // namespace
}  // namespace buildwatch::notify

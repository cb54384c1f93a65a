#include "buildwatch/notify/rules.hpp"
#include "buildwatch/model/glob.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

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

std::vector<std::string> reasons(rules const& r, model::event const& e) {
  std::vector<std::string> all;
  for (auto const& route : r.routes_for(e)) all.push_back((route.owed ? "owed: " : "not asked: ") + route.why);
  return all;
}

using lines = std::vector<std::string>;

TEST(routes, name_the_first_rule_that_holds) {
  rule fixed = to(1);
  fixed.events = {selector::fixed};
  EXPECT_EQ(reasons(rules(std::vector<rule>{fixed, to(1), to(1)}, 2, {}), finished_event()),
            (lines{"not asked: no rule names it", "owed: rules[1]"}));
  EXPECT_EQ(reasons(rules(std::nullopt, 1, {}), finished_event()),
            lines{"owed: no rules: every event goes to every sink"});
  EXPECT_EQ(reasons(rules(std::vector<rule>{}, 1, {}), finished_event()), lines{"not asked: no rule names it"});
}

TEST(routes, say_what_each_rule_asks_for_that_the_event_has_not) {
  rule first = to(0);
  first.events = {selector::success, selector::fixed, selector::success};
  rule second = to(0);
  second.jobs = {"docs", "legacy-*"};
  second.labels = {{"arch", "arm64"}, {"stage", "last"}, {"team", "docs"}};
  rule third = to(0);
  third.events = {selector::started};
  third.labels = {{"team", "docs"}};
  EXPECT_EQ(reasons(rules(std::vector<rule>{first, second, third}, 1, {}), finished_event()),
            lines{"not asked: rules[0]: wants success or fixed; rules[1]: wants a job like docs or legacy-*, labels "
                  "stage=last, team=docs; rules[2]: wants started, label team=docs"});
}

TEST(routes, of_a_providers_event_speak_of_its_jobs) {
  model::labels const firmware{{"team", "firmware"}};
  std::vector<job_facts> const jobs{{"fw-1", "huawei", firmware}};
  rule one = to(0);
  one.jobs = {"fw-*"};
  one.labels = {{"team", "docs"}};
  auto const down = event_of_type(event_type::provider_unreachable);  // of "huawei"
  EXPECT_EQ(reasons(rules(std::vector<rule>{one}, 1, jobs), down),
            lines{"not asked: rules[0]: wants a job of huawei like fw-* with label team=docs"});
  EXPECT_EQ(reasons(rules(std::vector<rule>{to(0)}, 1, {}), down),
            lines{"not asked: rules[0]: wants a job of huawei, which has none"});
  EXPECT_EQ(reasons(rules(std::vector<rule>{to(0)}, 1, jobs), down), lines{"owed: rules[0]"});
}

TEST(routes, keep_reasons_short_and_clean) {
  rule r = to(0);
  r.jobs = std::vector<std::string>(100, std::string(5000, 'x') + "\n");
  r.jobs.front() = "a\nb";
  std::string const why = reasons(rules(std::vector<rule>(12, r), 1, {}), finished_event()).front();
  EXPECT_LT(why.size(), 20'000U);
  EXPECT_EQ(why.find('\n'), std::string::npos);
  EXPECT_TRUE(why.ends_with("; and 2 more rules")) << why;
}

rule random_rule(std::mt19937& random, std::size_t sink_count) {
  auto const below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  rule r;
  if (below(3) > 0) {
    r.events.clear();
    for (std::size_t n = 1 + below(3); n > 0; --n) r.events.push_back(static_cast<selector>(below(15)));
  }
  std::array const globs{"a*", "*b", "a?", "c", "*"};
  for (std::size_t n = below(3); n > 0; --n) r.jobs.emplace_back(globs.at(below(globs.size())));
  if (below(2) == 0) r.labels = {{"k", std::to_string(below(2))}};
  for (std::size_t n = 1 + below(3); n > 0; --n) r.to.push_back(static_cast<sink_index>(below(sink_count)));
  return r;
}

model::event random_event(std::mt19937& random) {
  auto const below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  model::event e = event_of_type(static_cast<event_type>(below(7)));
  if (e.job) {
    e.job->name = std::array{"a", "ab", "b", "c"}.at(below(4));
    e.job->labels = {{"k", std::to_string(below(2))}};
  }
  if (e.type == event_type::build_finished) {
    e.build->outcome = static_cast<model::outcome>(below(5));
    if (below(2) == 0) e.change = static_cast<model::change>(below(4));
  }
  return e;
}

TEST(routes, never_disagree_with_sinks_for) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::size_t const sink_count = 1 + seed % 4;
    std::vector<rule> given;
    for (unsigned n = seed % 6; n > 0; --n) given.push_back(random_rule(random, sink_count));
    model::labels const labels{{"k", "0"}};
    std::vector<job_facts> const jobs{{"ab", seed % 2 == 0 ? "huawei" : "other", labels}};
    rules const r(given, sink_count, jobs);
    for (int i = 0; i < 10; ++i) {
      auto const e = random_event(random);
      sinks owed;
      auto const routes = r.routes_for(e);
      ASSERT_EQ(routes.size(), sink_count);
      for (sink_index sink = 0; sink < routes.size(); ++sink) {
        if (routes[sink].owed) owed.push_back(sink);
        EXPECT_FALSE(routes[sink].why.empty()) << "seed " << seed;
      }
      ASSERT_EQ(owed, r.sinks_for(e)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace buildwatch::notify

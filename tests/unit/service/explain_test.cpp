#include "buildwatch/service/explain.hpp"

#include <gtest/gtest.h>

namespace buildwatch::service {
namespace {

using model::selector;
using lines = std::vector<std::string>;

notify::rule a_rule(std::vector<selector> events, std::vector<notify::sink_index> to) {
  notify::rule r;
  r.events = std::move(events);
  r.to = std::move(to);
  return r;
}

/// Job `firmware` of team a at `huawei`; sinks `oncall`, which falls back to `console`, and `console`.
config::settings some_settings(std::optional<std::vector<notify::rule>> rules) {
  config::settings s;
  s.watch.providers.resize(1);
  s.watch.providers[0].name = "huawei";
  watch::job_options job;
  job.name = "firmware";
  job.labels = std::make_shared<model::labels const>(model::labels{{"team", "a"}});
  s.watch.jobs.push_back(job);
  s.sinks.resize(2);
  s.sinks[0].delivery.name = "oncall";
  s.sinks[0].delivery.fallback = "console";
  s.sinks[1].delivery.name = "console";
  s.rules = std::move(rules);
  return s;
}

TEST(explain, says_of_each_sink_by_which_rule_or_why_not_and_where_it_falls_back_to) {
  auto what = some_settings({{a_rule({selector::failure}, {0}), a_rule({selector::fixed, selector::started}, {1})}});
  EXPECT_EQ(explain_job(what, 0, selector::failure),
            (lines{"oncall: owed (rules[0]); falls back to console once dead, or after 1 h",
                   "console: not asked: rules[1]: wants fixed or started"}));
  EXPECT_EQ(explain_job(what, 0, selector::broken).front().substr(0, 12), "oncall: owed") << "a broken build failed";
  EXPECT_EQ(explain_job(what, 0, selector::fixed),
            (lines{"oncall: not asked: rules[0]: wants failure", "console: owed (rules[1])"}));
  what.rules->front().labels = {{"team", "b"}};
  EXPECT_EQ(explain_job(what, 0, selector::failure).front(), "oncall: not asked: rules[0]: wants label team=b");
}

TEST(explain, a_fallback_that_is_told_anyway_is_not_told_twice) {
  EXPECT_EQ(
      explain_job(some_settings(std::nullopt), 0, selector::overdue),
      (lines{"oncall: owed (no rules: every event goes to every sink); its fallback console is owed the event anyway",
             "console: owed (no rules: every event goes to every sink)"}));
}

TEST(explain, finished_leaves_the_outcome_open) {
  auto const what = some_settings({{a_rule({selector::failure}, {0}), a_rule({selector::finished}, {1})}});
  EXPECT_EQ(explain_job(what, 0, selector::finished),
            (lines{"oncall: not asked: rules[0]: wants failure", "console: owed (rules[1])"}));
}

TEST(explain, all_goes_through_every_selector) {
  auto const all = explain_job(some_settings({{a_rule({selector::started}, {1})}}), 0, selector::all);
  ASSERT_EQ(all.size(), 14U * 3);
  EXPECT_EQ(all[0], "started:");
  EXPECT_EQ(all[1], "  oncall: not asked: no rule names it");
  EXPECT_EQ(all[2], "  console: owed (rules[0])");
  EXPECT_EQ(all[3], "finished:");
  EXPECT_EQ(all[5], "  console: not asked: rules[0]: wants started");
}

TEST(explain, a_provider_is_unreachable_or_recovered) {
  auto what = some_settings({{a_rule({selector::unreachable}, {1})}});
  EXPECT_EQ(explain_provider(what, 0, selector::unreachable),
            (lines{"oncall: not asked: no rule names it", "console: owed (rules[0])"}));
  EXPECT_EQ(explain_provider(what, 0, selector::recovered)[1], "console: not asked: rules[0]: wants unreachable");
  EXPECT_EQ(explain_provider(what, 0, selector::all).size(), 6U);
  EXPECT_EQ(explain_provider(what, 0, selector::failure), lines{});
  what.rules->front().jobs = {"docs"};
  EXPECT_EQ(explain_provider(what, 0, selector::unreachable)[1],
            "console: not asked: rules[0]: wants a job of huawei like docs");
}

TEST(explain, without_sinks_says_so) {
  auto what = some_settings(std::nullopt);
  what.sinks.clear();
  EXPECT_EQ(explain_job(what, 0, selector::failure), lines{"nobody: there are no sinks"});
}

}  // namespace
}  // namespace buildwatch::service

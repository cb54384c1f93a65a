// The history of builds: what comes into it from events and from lists, and what forecasts and comparisons read.
#include <gmock/gmock.h>

#include "buildwatch/store/reader.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using model::outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// As a list tells it: with times and source.
watch::old_build old_build(std::uint32_t number, outcome how = outcome::success, std::string const& job = "firmware") {
  watch::old_build o;
  o.provider = "huawei";
  o.job_id = o.job = job;
  o.build.number = number;
  o.build.outcome = how;
  o.build.result = "AS_LISTED";
  o.build.started_at = at(number * 1'000'000);
  o.build.finished_at = at(number * 1'000'000 + number * 1000);
  o.build.times_exact = true;
  o.build.source = model::build_source{"main", "0a1b2c", "alice", "https://builds.example.com"};
  return o;
}

class builds_test : public ::testing::Test {
 protected:
  void remember(std::vector<watch::old_build> builds) {
    watch::memory m;
    m.builds = std::move(builds);
    committed(*file_, [&] {
      file_->remember(m);
      return 0;
    });
  }
  void remember(std::uint32_t number, outcome how) { remember({old_build(number, how)}); }
  std::vector<kept_build> kept() { return all_builds(folder_.file()); }
  model::build only_build() {
    auto const all = kept();
    EXPECT_THAT(all, SizeIs(1));
    return all.at(0).build;
  }
  std::vector<std::uint32_t> past(std::string const& job = "firmware") {
    std::vector<std::uint32_t> numbers;
    for (auto const& b : file_->history("huawei", job)) numbers.push_back(b.number);
    return numbers;
  }
  /// "#41 success, overtaken"
  std::string around(std::uint32_t number, std::string const& job = "firmware") {
    auto const n = file_->around({{"huawei", job, number}}).at(0);
    std::string const before =
        n.before ? fmt::format("#{} {}", n.before->number, to_string(n.before->outcome)) : "nothing";
    return before + (n.overtaken ? ", overtaken" : "");
  }

  folder folder_;
  std::unique_ptr<database> file_ = opened(folder_.file());
};

// ---- what comes into it ----

TEST_F(builds_test, old_builds_are_kept_with_all_that_is_known_of_them) {
  remember({old_build(7)});
  auto const all = kept();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].provider, "huawei");
  EXPECT_EQ(all[0].job, "firmware");
  EXPECT_EQ(text(all[0].build), text(old_build(7).build));
}

TEST_F(builds_test, of_all_jobs_the_last_to_end_comes_first_in_whatever_order_a_list_has_them) {
  remember({old_build(9), old_build(7), old_build(8)});
  std::vector<std::uint32_t> numbers;
  for (auto const& b : kept()) numbers.push_back(b.build.number);
  EXPECT_THAT(numbers, ElementsAre(9, 8, 7));
}

TEST_F(builds_test, an_old_build_changes_nothing_of_one_that_is_there) {
  model::event e = event_of(7);
  added(*file_, owed_to(e, {}));
  remember({old_build(7)});
  EXPECT_EQ(text(only_build()), text(*e.build));
  remember({old_build(8)});
  auto again = old_build(8, outcome::failure);
  again.build.source.reset();
  remember({again});
  EXPECT_EQ(text(kept().at(0).build), text(old_build(8).build));
}

TEST_F(builds_test, the_end_that_nobody_saw_is_taken_from_a_list) {
  model::event e = event_of(7);
  e.build->last_seen_running.reset();
  e.build->finished_at.reset();
  e.build->started_at.reset();
  e.build->source = model::build_source{"release", "", "", ""};
  auto listed = old_build(7, outcome::success);
  auto const seen = *listed.build.finished_at + std::chrono::hours(1);
  e.build->first_seen_finished = seen;
  added(*file_, owed_to(e, {}));
  auto late = listed;
  late.build.finished_at = seen + std::chrono::seconds(61);
  remember({late});
  EXPECT_EQ(text(only_build()), text(*e.build)) << "it was over before: that record is of another build, or wrong";
  auto vague = listed;
  vague.build.times_exact = false;
  remember({vague});
  EXPECT_EQ(text(only_build()), text(*e.build));
  remember({listed});
  model::build expected = *e.build;
  expected.started_at = listed.build.started_at;
  expected.finished_at = listed.build.finished_at;
  expected.times_exact = true;
  expected.source = listed.build.source;
  expected.source->branch = "release";
  EXPECT_EQ(text(only_build()), text(expected)) << "and nothing but its times and source";
  listed.build.finished_at = at(1);
  remember({listed});
  EXPECT_EQ(text(only_build()), text(expected)) << "once";
}

TEST_F(builds_test, an_events_build_takes_the_place_of_an_old_one_and_keeps_its_times_and_source) {
  remember({old_build(7), old_build(8)});
  model::event e = event_of(7);
  e.build->first_seen_running = at(-4'390'000);
  e.build->source.reset();
  added(*file_, owed_to(e, {}));
  model::build expected = *e.build;
  expected.started_at = old_build(7).build.started_at;
  expected.finished_at = old_build(7).build.finished_at;
  expected.times_exact = true;
  expected.source = old_build(7).build.source;
  auto const all = kept();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(text(all[1].build), text(expected));
}

TEST_F(builds_test, exact_times_and_the_source_of_an_event_win) {
  remember({old_build(7)});
  model::event e = event_of(7);
  e.build->times_exact = true;
  e.build->source = model::build_source{"release", "9f8e7d", "bob", "https://other.example.com"};
  added(*file_, owed_to(e, {}));
  EXPECT_EQ(text(only_build()), text(*e.build));
}

TEST_F(builds_test, without_exact_times_on_either_side_the_event_is_believed) {
  auto listed = old_build(7);
  listed.build.times_exact = false;
  listed.build.source.reset();
  remember({listed});
  model::event e = event_of(7);
  added(*file_, owed_to(e, {}));
  EXPECT_EQ(text(only_build()), text(*e.build));
}

// ---- what forecasts read ----

TEST_F(builds_test, forecasts_read_how_long_builds_took_the_newest_first) {
  remember({old_build(7), old_build(9, outcome::failure), old_build(8)});
  auto const all = file_->history("huawei", "firmware");
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].number, 9U);
  EXPECT_EQ(all[0].lasted, std::chrono::seconds(9));
  EXPECT_EQ(all[0].outcome, outcome::failure);
  EXPECT_EQ(all[1].number, 8U);
  EXPECT_EQ(all[1].outcome, outcome::success);
  EXPECT_EQ(all[2].lasted, std::chrono::seconds(7));
}

TEST_F(builds_test, forecasts_read_no_build_of_unknown_length_and_no_more_than_they_look_at) {
  std::vector<watch::old_build> many;
  for (std::uint32_t n = 1; n <= 150; ++n) {
    many.push_back(old_build(n));
    if (n > 140) many.back().build.started_at.reset();
  }
  remember(std::move(many));
  auto const numbers = past();
  ASSERT_THAT(numbers, SizeIs(forecast::most_past_builds));
  EXPECT_EQ(numbers.front(), 140U);
  EXPECT_EQ(numbers.back(), 41U);
}

TEST_F(builds_test, a_build_that_was_seen_running_has_a_length) {
  model::event e = event_of(7);
  e.build->started_at.reset();
  e.build->first_seen_running = at(-66'000);
  added(*file_, owed_to(e, {}));
  auto const all = file_->history("huawei", "firmware");
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].lasted, std::chrono::minutes(1));
}

TEST_F(builds_test, forecasts_of_a_job_are_its_own) {
  remember({old_build(7), old_build(8, outcome::success, "other")});
  EXPECT_THAT(past(), ElementsAre(7));
  EXPECT_THAT(past("other"), ElementsAre(8));
  EXPECT_THAT(past("none"), IsEmpty());
  EXPECT_THAT(file_->history("elsewhere", "firmware"), IsEmpty());
}

// ---- what comparisons read ----

TEST_F(builds_test, the_build_before_is_the_highest_below_that_passed_or_failed) {
  EXPECT_EQ(around(1), "nothing");
  remember(1, outcome::success);
  remember(3, outcome::unstable);
  remember(4, outcome::aborted);
  remember(5, outcome::unknown);
  EXPECT_EQ(around(1), "nothing, overtaken") << "not itself";
  EXPECT_EQ(around(2), "#1 success, overtaken");
  EXPECT_EQ(around(3), "#1 success");
  EXPECT_EQ(around(4), "#3 unstable");
  EXPECT_EQ(around(6), "#3 unstable");
  remember(7, outcome::failure);
  EXPECT_EQ(around(9), "#7 failure");
  EXPECT_EQ(around(6), "#3 unstable, overtaken");
}

TEST_F(builds_test, a_build_that_neither_passed_nor_failed_overtakes_nothing) {
  remember(8, outcome::aborted);
  remember(9, outcome::unknown);
  EXPECT_EQ(around(7), "nothing");
}

TEST_F(builds_test, each_question_is_answered_in_order_and_by_its_own_job) {
  remember({old_build(1), old_build(2, outcome::failure, "other")});
  auto const all = file_->around({{"huawei", "other", 9}, {"huawei", "firmware", 9}, {"elsewhere", "firmware", 9}});
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].before->number, 2U);
  EXPECT_EQ(all[1].before->number, 1U);
  EXPECT_FALSE(all[2].before);
}

TEST_F(builds_test, events_count_as_well_as_lists) {
  added(*file_, owed_to(event_of(7), {}));
  EXPECT_EQ(around(8), "#7 failure");
  EXPECT_EQ(around(6), "nothing, overtaken");
}

}  // namespace
}  // namespace buildwatch::store::testing

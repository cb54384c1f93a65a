// The loop with a source and a journal made of paper.
#include <numeric>

#include "unit/watch/paper.hpp"

namespace buildwatch::watch::testing {
namespace {

TEST_F(loop_test, polls_commits_and_counts) {
  make(jobs(1));
  pass(60s);
  sources_[0]->answer = finished();
  pass(1h);
  ASSERT_EQ(journal_.stored.size(), 2U);
  EXPECT_EQ(journal_.stored[0].type, model::event_type::build_started);
  EXPECT_EQ(journal_.stored[1].type, model::event_type::build_finished);
  EXPECT_EQ(loop_->statistics().polls, 8U) << "of these one for the past builds, one for the record";
  EXPECT_EQ(loop_->statistics().failed_polls, 0U);
  EXPECT_EQ(loop_->counts().done, 1U);
  auto const& lag = loop_->statistics().lag.buckets;
  EXPECT_EQ(std::accumulate(lag.begin(), lag.end(), std::uint64_t{0}), 8U);
  EXPECT_EQ(lag[0], 8U);
}

TEST_F(loop_test, keeps_as_many_requests_open_as_there_are_connections) {
  make(jobs(50, {1s, 1s, 5min}, 1000, 4));
  sources_[0]->at_once = false;
  pass(10s);
  EXPECT_EQ(sources_[0]->open, 4);
  for (int i = 0; i < 30; ++i) {
    sources_[0]->held.wake_one();
    turn();
  }
  EXPECT_EQ(sources_[0]->most_open, 4);
  EXPECT_EQ(sources_[0]->open, 4) << "a free hand takes what waits";
}

TEST_F(loop_test, a_hanging_provider_delays_no_other) {
  options o = jobs(3, {1s, 1s, 5min});
  o.providers.push_back(provider("other", 8, 100));
  for (int i = 0; i < 3; ++i) o.jobs.push_back(job("far" + std::to_string(i), {1s, 1s, 5min}, 1));
  make(o, 2);
  sources_[0]->at_once = false;
  pass(1min);
  EXPECT_GE(sources_[1]->asked.size(), 175U);
}

TEST_F(loop_test, an_exception_of_a_source_is_a_failed_poll_and_the_end_of_nothing) {
  options o = jobs(1, {10s, 10s, 5min});
  make(o);
  sources_[0]->throws = true;
  pass(10min);
  EXPECT_EQ(journal_.stored.back().type, model::event_type::job_unreachable);
  EXPECT_EQ(journal_.stored.back().reason, "internal error: a bug");
  EXPECT_EQ(std::ranges::count(log_.events, "internal.error", &base::log_event::id), 1);
  sources_[0]->throws = false;
  sources_[0]->answer = finished();
  pass(10min);
  EXPECT_EQ(journal_.stored.back().type, model::event_type::build_finished);
}

TEST_F(loop_test, what_is_found_while_the_journal_is_busy_is_stored_together) {
  journal_.at_once = false;
  make(jobs(20, {10s, 10s, 5min}));
  pass(15s);
  EXPECT_EQ(journal_.batches, std::vector<std::size_t>{1});
  journal_.at_once = true;
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(journal_.batches, (std::vector<std::size_t>{1, 19}));
  EXPECT_EQ(journal_.stored.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(journal_.stored[i].job->name, "job" + std::to_string(i)) << "in order";
}

TEST_F(loop_test, a_journal_that_fails_announces_nothing_and_is_tried_again) {
  for (bool const with_exception : {false, true}) {
    journal_.broken = !with_exception;
    journal_.throws = with_exception;
    if (!loop_) make(jobs(1));
    pass(30s);
    EXPECT_TRUE(journal_.stored.empty());
    pass(2min);
  }
  EXPECT_NE(log_.text().find("disk full"), std::string::npos);
  EXPECT_NE(log_.text().find("internal error: a bug"), std::string::npos);
  journal_.broken = journal_.throws = false;
  pass(1min);
  EXPECT_EQ(journal_.stored.size(), 1U);
}

TEST_F(loop_test, stop_ends_questions_and_says_so_once) {
  make(jobs(10, {1s, 1s, 5min}, 1000, 4));
  sources_[0]->at_once = false;
  pass(5s);
  ASSERT_EQ(sources_[0]->open, 4);
  auto const asked = sources_[0]->asked.size();
  auto const lines = log_.events.size();
  int done = 0;
  loop_->stop([&] { ++done; });
  EXPECT_EQ(done, 0) << "never from stop() itself";
  turn();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(sources_[0]->asked.size(), asked);
  EXPECT_EQ(log_.events.size(), lines) << "what a stop cuts short is no failure";
  EXPECT_EQ(alarms_.size(), 0U);
  EXPECT_TRUE(context_.stopped()) << "no work is left";
}

TEST_F(loop_test, stop_waits_for_a_commit_under_way_and_for_what_it_left_behind) {
  journal_.at_once = false;
  make(jobs(3, {1s, 1s, 5min}));
  pass(2s);
  int done = 0;
  loop_->stop([&] { ++done; });
  turn();
  EXPECT_EQ(done, 0);
  journal_.at_once = true;
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(journal_.stored.size(), 3U);
}

TEST_F(loop_test, stop_before_anything_happened) {
  make(jobs(1));
  int done = 0;
  loop_->stop([&] { ++done; });
  turn();
  EXPECT_EQ(done, 1);
}

TEST_F(loop_test, may_be_abandoned_in_the_middle) {
  journal_.at_once = false;
  make(jobs(10, {1s, 1s, 5min}, 1000, 4));
  sources_[0]->at_once = false;
  pass(5s);
  loop_.reset();
  sources_[0]->held.clear();
  journal_.held.clear();
  turn();
  EXPECT_EQ(alarms_.size(), 0U);
}

}  // namespace
}  // namespace buildwatch::watch::testing

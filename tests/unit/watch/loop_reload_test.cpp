// The loop's memory and its reload: what it gives the journal to remember, and what becomes of sources and questions.
#include <boost/asio/co_spawn.hpp>

#include "unit/watch/paper.hpp"

namespace buildwatch::watch::testing {
namespace {

class loop_memory : public loop_test {
 protected:
  asio::awaitable<void> wait_for_memory() {
    co_await loop_->remember_now();
    ++waited_;
  }
  void remember_now() {
    asio::co_spawn(context_, wait_for_memory(), [](std::exception_ptr const& e) { EXPECT_FALSE(e); });
    turn();
  }
  int waited_ = 0;
};

TEST_F(loop_memory, what_changed_is_stored_each_minute_and_nothing_else) {
  first_ = undecided();
  make(jobs(1, {10s, 10s, 5min}));
  pass(59s);
  EXPECT_TRUE(journal_.memories.empty());
  pass(1s);
  ASSERT_EQ(journal_.memories.size(), 1U);
  EXPECT_EQ(journal_.memories[0].jobs.at(0).name, "job0");
  pass(10min);
  EXPECT_EQ(journal_.memories.size(), 1U) << "it stays undecided";
  sources_[0]->answer = running();
  pass(3min);
  EXPECT_EQ(journal_.memories.size(), 4U) << "it runs on";
}

TEST_F(loop_memory, of_many_jobs_is_stored_in_parts_that_hold_nobody_up) {
  first_ = undecided();
  make(jobs(2500, {10s, 10s, 5min}));
  pass(2min);
  ASSERT_GE(journal_.memories.size(), 3U);
  std::size_t all = 0;
  for (memory const& part : journal_.memories) {
    EXPECT_LE(part.jobs.size(), 1024U);
    all += part.jobs.size();
  }
  EXPECT_GE(all, 2500U) << "and some again, as their past builds are refused";
}

TEST_F(loop_memory, that_can_not_be_stored_is_tried_a_minute_later) {
  first_ = undecided();
  make(jobs(1, {10s, 10s, 5min}));
  journal_.broken = true;
  pass(3min);
  EXPECT_EQ(journal_.memories.size(), 3U);
  journal_.broken = false;
  journal_.throws = true;
  pass(1min);
  EXPECT_EQ(journal_.memories.size(), 4U);
  EXPECT_EQ(std::ranges::count(log_.events, "internal.error", &base::log_event::id), 1) << "a bug is told";
  journal_.throws = false;
  pass(5min);
  ASSERT_EQ(journal_.memories.size(), 5U);
  EXPECT_EQ(journal_.memories[4].jobs.at(0).name, "job0");
}

TEST_F(loop_memory, is_stored_last_at_a_stop) {
  make(jobs(2, {10s, 10s, 5min}));
  pass(35s);
  journal_.at_once = false;
  sources_[0]->answer = finished();
  pass(10s);
  int done = 0;
  loop_->stop([&] { ++done; });
  turn();
  EXPECT_TRUE(journal_.memories.empty());
  journal_.held.wake_one();
  turn();
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(journal_.stored.size(), 4U);
  EXPECT_EQ(done, 1) << "both ends were told with their transitions";
  EXPECT_TRUE(journal_.memories.empty());
}

TEST_F(loop_memory, at_a_stop_holds_what_still_runs) {
  make(jobs(1, {10s, 10s, 5min}));
  pass(35s);
  journal_.at_once = false;
  int done = 0;
  loop_->stop([&] { ++done; });
  turn();
  ASSERT_EQ(journal_.memories.size(), 1U);
  EXPECT_TRUE(journal_.memories[0].jobs.at(0).builds.at(0).running);
  EXPECT_EQ(done, 0) << "not before it is stored";
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(alarms_.size(), 0U);
}

TEST_F(loop_memory, of_a_pause_is_stored_at_once) {
  make(jobs(3, {10s, 10s, 5min}));
  EXPECT_TRUE(journal_.memories.empty());
  sources_[0]->answer = failed(fault::refused, "HTTP 401");
  pass(11s);
  ASSERT_EQ(journal_.memories.size(), 1U);
  EXPECT_TRUE(journal_.memories[0].providers.at(0).refused_until);
}

TEST_F(loop_memory, can_be_asked_for_and_waited_for) {
  make(jobs(1, {10s, 10s, 5min}));
  pass(15s);
  journal_.at_once = false;
  remember_now();
  EXPECT_EQ(journal_.memories.size(), 1U);
  EXPECT_EQ(waited_, 0);
  pass(10s);
  remember_now();
  EXPECT_EQ(journal_.memories.size(), 1U) << "one after the other";
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(waited_, 1);
  EXPECT_EQ(journal_.memories.size(), 2U) << "what was seen meanwhile";
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(waited_, 2);
  journal_.at_once = true;
  remember_now();
  EXPECT_EQ(waited_, 3) << "nothing to store";
  EXPECT_EQ(journal_.memories.size(), 2U);
}

TEST_F(loop_memory, is_asked_for_behind_a_commit_under_way) {
  journal_.at_once = false;
  make(jobs(2, {10s, 10s, 5min}));
  remember_now();
  EXPECT_TRUE(journal_.memories.empty());
  EXPECT_EQ(waited_, 0);
  journal_.at_once = true;
  journal_.held.wake_one();
  turn();
  EXPECT_EQ(waited_, 1);
}

// --- reload

using loop_reload = loop_test;

TEST_F(loop_reload, a_question_of_a_replaced_source_is_answered_by_it_and_then_it_goes) {
  options const o = jobs(2, {10s, 10s, 5min}, 100, 1);
  make(o);
  sources_[0]->at_once = false;
  pass(10s);
  ASSERT_EQ(sources_[0]->open, 1);
  std::shared_ptr<paper_source> const old = sources_[0];
  std::weak_ptr<paper_source> const gone = old;
  sources_[0] = std::make_shared<paper_source>();
  reload(o);
  pass(1min);
  EXPECT_FALSE(old->stopped) << "it is still asked something";
  EXPECT_TRUE(sources_[0]->asked.empty()) << "one connection, whoever has it";
  old->answer = finished();
  old->held.wake_one();
  turn();
  EXPECT_EQ(journal_.stored.back().type, model::event_type::build_finished);
  EXPECT_TRUE(old->stopped);
  EXPECT_EQ(old.use_count(), 1) << "let go";
  EXPECT_EQ(old->asked.back(), old->ended.back()) << "its question stayed whole";
  pass(1min);
  EXPECT_GE(sources_[0]->asked.size(), 6U);
  EXPECT_EQ(loop_->counts().done, 1U);
}

TEST_F(loop_reload, a_source_that_is_asked_nothing_goes_at_once) {
  options const o = jobs(1);
  make(o);
  pass(1s);
  std::shared_ptr<paper_source> const old = sources_[0];
  sources_[0] = std::make_shared<paper_source>();
  reload(o);
  EXPECT_TRUE(old->stopped);
  EXPECT_EQ(old.use_count(), 1);
}

TEST_F(loop_reload, the_same_source_goes_on_and_is_not_stopped) {
  options o = jobs(3, {10s, 10s, 5min}, 100, 1);
  make(o);
  sources_[0]->at_once = false;
  pass(10s);
  ASSERT_EQ(sources_[0]->open, 1);
  std::ranges::reverse(o.jobs);
  for (auto& j : o.jobs) j.name += "-new";
  reload(o);
  EXPECT_FALSE(sources_[0]->stopped);
  EXPECT_EQ(sources_[0]->open, 1);
  sources_[0]->answer = finished();
  std::string const about = sources_[0]->asked.back();
  sources_[0]->held.wake_one();
  turn();
  ASSERT_EQ(journal_.stored.back().type, model::event_type::build_finished);
  EXPECT_EQ(journal_.stored.back().job->name, about + "-new") << "the answer is about the job that was asked about";
}

TEST_F(loop_reload, connections_grow_and_shrink) {
  options o = jobs(50, {1s, 1s, 5min}, 1000, 2);
  make(o);
  sources_[0]->at_once = false;
  pass(30s);
  EXPECT_EQ(sources_[0]->open, 2);
  o.providers[0].connections = 6;
  reload(o);
  EXPECT_EQ(sources_[0]->open, 6);
  o.providers[0].connections = 3;
  reload(o);
  sources_[0]->most_open = 0;
  for (int i = 0; i < 200; ++i) {
    sources_[0]->held.wake_one();
    turn();
    pass(100ms);
    EXPECT_GE(sources_[0]->open, 3);
  }
  EXPECT_EQ(sources_[0]->open, 3);
  sources_[0]->at_once = true;
  sources_[0]->held.wake_all();
  turn();
  auto const before = sources_[0]->asked.size();
  pass(10s);
  EXPECT_GE(sources_[0]->asked.size(), before + 450);
  sources_[0]->at_once = false;
  sources_[0]->most_open = 0;
  pass(10s);
  EXPECT_EQ(sources_[0]->most_open, 3);
}

TEST_F(loop_reload, a_removed_providers_question_ends_in_nothing) {
  options o = jobs(1, {1s, 1s, 5min});
  o.providers.push_back(provider("other", 8, 100));
  o.jobs.push_back(job("far0", {1s, 1s, 5min}, 1));
  make(o, 2);
  sources_[0]->at_once = false;
  pass(5s);
  ASSERT_EQ(sources_[0]->open, 1);
  std::shared_ptr<paper_source> const old = sources_[0];
  o.providers.erase(o.providers.begin());
  o.jobs.erase(o.jobs.begin());
  o.jobs[0].provider = 0;
  sources_.erase(sources_.begin());
  reload(o);
  reload(o);  // indexes move once more
  auto const stored = journal_.stored.size();
  old->answer = finished();
  old->held.wake_one();
  turn();
  EXPECT_EQ(journal_.stored.size(), stored);
  EXPECT_EQ(old.use_count(), 1);
  pass(10s);
  EXPECT_GE(sources_[0]->asked.size(), 14U);
}

TEST_F(loop_reload, a_removed_jobs_question_frees_its_place) {
  options o = jobs(2, {1s, 1s, 5min}, 100, 1);
  make(o);
  sources_[0]->at_once = false;
  pass(5s);
  ASSERT_EQ(sources_[0]->open, 1);
  std::string const about = sources_[0]->asked.back();
  o.jobs.erase(o.jobs.begin() + (about == "job0" ? 0 : 1));
  reload(o);
  auto const asked = sources_[0]->asked.size();
  pass(10s);
  EXPECT_EQ(sources_[0]->asked.size(), asked);
  sources_[0]->held.wake_one();
  turn();
  EXPECT_EQ(sources_[0]->asked.size(), asked + 1);
  EXPECT_NE(sources_[0]->asked.back(), about);
}

TEST_F(loop_reload, questions_that_nobody_has_asked_yet_go_to_the_source_there_is) {
  for (bool const removed : {false, true}) {
    sources_.clear();
    options o = jobs(2, {10s, 10s, 5min}, 100, 1);
    make(o);
    pass(14s);
    std::shared_ptr<paper_source> const old = sources_[0];
    auto const asked = old->asked.size();
    clock_.advance(1s);
    alarms_.run(clock_.at.mono);  // given out, and no worker has turned yet
    ASSERT_EQ(old->asked.size(), asked);
    sources_[0] = std::make_shared<paper_source>();
    if (removed) o.jobs.erase(o.jobs.begin() + 1);
    reload(o);
    EXPECT_EQ(old->asked.size(), asked);
    EXPECT_EQ(sources_[0]->asked, removed ? std::vector<std::string>{} : std::vector<std::string>{"job1"});
    pass(20s);
    EXPECT_GE(sources_[0]->asked.size(), 2U) << "and no place is lost";
    loop_.reset();
    turn();
  }
}

TEST_F(loop_reload, a_commit_under_way_is_settled_afterwards) {
  journal_.at_once = false;
  options o = jobs(3, {10s, 10s, 5min});
  make(o);
  sources_[0]->answer = finished();
  pass(15s);  // the first is being stored, the others wait
  std::ranges::reverse(o.jobs);
  o.jobs.pop_back();
  reload(o);
  journal_.at_once = true;
  journal_.held.wake_one();
  turn();
  pass(1h);
  EXPECT_EQ(journal_.stored.size(), 3U) << "the start of job0, which is removed, and two ends";
  EXPECT_EQ(loop_->counts().done, 2U);
}

TEST_F(loop_reload, stop_ends_questions_of_sources_that_are_leaving) {
  options const o = jobs(2, {1s, 1s, 5min});
  make(o);
  sources_[0]->at_once = false;
  pass(5s);
  std::shared_ptr<paper_source> const old = sources_[0];
  sources_[0] = std::make_shared<paper_source>();
  reload(o);
  ASSERT_EQ(old->open, 2);
  int done = 0;
  loop_->stop([&] { ++done; });
  reload(jobs(5));
  EXPECT_EQ(done, 1);
  EXPECT_EQ(old->open, 0);
  EXPECT_EQ(old.use_count(), 1);
  EXPECT_TRUE(context_.stopped());
  EXPECT_EQ(loop_->counts().jobs, 2U) << "a stop is the last word";
}

TEST_F(loop_reload, may_be_abandoned_while_a_source_is_leaving) {
  options const o = jobs(2, {1s, 1s, 5min});
  make(o);
  sources_[0]->at_once = false;
  pass(5s);
  std::shared_ptr<paper_source> const old = sources_[0];
  sources_[0] = std::make_shared<paper_source>();
  reload(o);
  loop_.reset();
  old->held.clear();
  turn();
  EXPECT_EQ(alarms_.size(), 0U);
}

}  // namespace
}  // namespace buildwatch::watch::testing

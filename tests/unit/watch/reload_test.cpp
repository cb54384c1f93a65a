// A reload (contract, section 2): jobs and providers are added, changed and removed with no loss of state, no repeated
// notification, no poll dropped.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

timing const ten{10s, 10s, 5min};

void time_all(options& o, timing times) {
  for (auto& j : o.jobs) j.times = std::make_shared<timing const>(times);
}

std::vector<base::duration> times_of(std::vector<world::request> const& requests) {
  std::vector<base::duration> t;
  for (auto const& r : requests) t.push_back(r.at);
  return t;
}

// --- what remains

TEST(reload, of_the_same_changes_nothing) {
  options const o = jobs(3, {60s, 15s, 5min});
  world plain(o), reloaded(o);
  for (world* const w : {&plain, &reloaded}) {
    w->answer = [w](job_index j, asks) {
      return j == 0 ? running() : j == 1 ? failed() : w->now() < 4min ? undecided() : finished();
    };
  }
  plain.run_until(1h);
  for (int i = 0; i < 3600; ++i) {
    reloaded.run_for(1s);
    reloaded.reload(o);
  }
  EXPECT_EQ(times_of(reloaded.requests), times_of(plain.requests)) << "no poll is early, late, doubled or dropped";
  EXPECT_EQ(reloaded.told(), plain.told());
  EXPECT_EQ(reloaded.logs.size(), plain.logs.size());
}

TEST(reload, keeps_jobs_by_identity_whatever_their_place_and_name) {
  options o = jobs(3);
  world w(o);
  w.answer = [](job_index, asks) { return running(); };
  w.run_until(1min);
  std::ranges::reverse(o.jobs);
  o.jobs[0].name = "renamed";
  reindexed const moved = w.reload(o);
  EXPECT_EQ(moved.jobs, (std::vector<job_index>{2, 1, 0}));
  EXPECT_EQ(moved.providers, std::vector<provider_index>{0});
  w.answer = [](job_index j, asks) { return j == 0 ? finished() : running(); };
  w.run_until(10min);
  EXPECT_EQ(w.told(),
            (strings{"job0 build.started", "job1 build.started", "job2 build.started", "renamed build.finished"}));
}

TEST(reload, accepts_answers_to_questions_from_before) {
  options o = jobs(2);
  world w(o);
  w.latency = 5s;
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(62s);  // one is on its way
  std::ranges::reverse(o.jobs);
  w.reload(o);
  w.answer = [](job_index j, asks) { return j == 1 ? finished() : undecided(); };
  w.requests.clear();
  w.run_until(65s);
  EXPECT_TRUE(w.requests.empty()) << "not asked twice";
  w.run_until(75s);  // its record is looked for
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
}

TEST(reload, a_commit_under_way_is_settled_by_its_token) {
  commands out;
  buildwatch::testing::manual_clock clock;
  options o = jobs(2);
  engine e(o, {}, clock.at);
  e.tick(clock.at, out);
  observation const seen = finished(), none = absent();
  e.answer({0, clock.at, seen}, clock.at, out);
  e.answer({0, clock.at, none}, clock.at, out);  // it has no record
  ASSERT_EQ(out.commits.size(), 1U);
  std::uint64_t const token = out.commits[0].token;
  std::ranges::reverse(o.jobs);
  out.clear();
  (void)e.reconfigure(o, {}, clock.at, out);
  clock.advance(1h);
  e.tick(clock.at, out);
  for (ask const& a : out.asks) EXPECT_EQ(a.job, 0U) << "the other is held";
  e.settle({token, true, {}}, clock.at, out);
  EXPECT_EQ(e.counts().done, 1U);
}

TEST(reload, a_removed_jobs_commit_is_settled_by_doing_nothing) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(2), {}, clock.at);
  e.tick(clock.at, out);
  observation const seen = finished(), none = absent();
  e.answer({0, clock.at, seen}, clock.at, out);
  e.answer({0, clock.at, none}, clock.at, out);  // it has no record
  std::uint64_t const token = out.commits.at(0).token;
  options fewer = jobs(2);
  fewer.jobs.erase(fewer.jobs.begin());
  out.clear();
  reindexed const moved = e.reconfigure(fewer, {}, clock.at, out);
  EXPECT_EQ(moved.jobs, (std::vector<job_index>{reindexed::gone, 0}));
  e.settle({token, true, {}}, clock.at, out);
  EXPECT_EQ(e.counts().done, 0U);
  (void)e.reconfigure({}, {}, clock.at, out);
  EXPECT_EQ(e.counts().jobs, 0U);
  EXPECT_EQ(e.next_due(), base::time_point::max());
}

// --- added and removed

TEST(reload, removed_jobs_are_asked_no_more_and_their_failures_count_no_more) {
  world w(jobs(3, ten));
  w.answer = [](job_index j, asks) { return j < 2 ? failed(fault::no_connection, "down") : undecided(); };
  w.run_until(2min);
  options fewer = jobs(3, ten);
  fewer.jobs.erase(fewer.jobs.begin(), fewer.jobs.begin() + 2);
  w.reload(fewer);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(3h);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.engine().counts().jobs, 1U);

  world v(jobs(3, ten));
  v.answer = [](job_index j, asks) { return j < 2 ? failed() : undecided(); };
  v.run_until(1min);
  options two = jobs(2, ten);
  v.reload(two);
  v.run_until(3h);
  EXPECT_EQ(v.told(), strings{"provider.unreachable"}) << "all that are left";
}

TEST(reload, a_question_about_a_removed_job_keeps_its_place_until_it_ends) {
  options o = jobs(3, {1s, 1s, 5min}, 100, 1);
  world w(o);
  w.latency = 30s;
  w.run_until(10s);
  ASSERT_EQ(w.requests.size(), 1U);
  o.jobs.erase(o.jobs.begin());
  w.reload(o);
  w.run_until(29s);
  EXPECT_EQ(w.requests.size(), 1U) << "one connection";
  w.run_until(31s);
  EXPECT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(w.most_in_flight, 1U);
  EXPECT_TRUE(w.events.empty()) << "and its answer says nothing";
}

TEST(reload, added_jobs_are_spread_like_at_a_start) {
  options few = jobs(1, {60s, 60s, 5min});
  world w(few);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(70s);
  w.requests.clear();
  w.reload(jobs(101, {60s, 60s, 5min}));
  w.run_until(71s);
  EXPECT_LE(w.requests.size(), 8U);
  EXPECT_GE(w.requests.size(), 1U) << "the first at once";
  w.run_until(86s);
  EXPECT_EQ(w.requests.size(), 100U);
}

TEST(reload, a_job_that_comes_back_is_known) {
  options const both = jobs(2);
  options one = jobs(1);
  world w(both);
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1min);
  w.reload(one);
  w.reload(both);
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.finished", "job1 build.finished"}));
}

TEST(reload, another_build_of_a_job_is_another_watch) {
  options o = jobs(1);
  world w(o);
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1min);
  o.jobs[0].build = 43;
  w.reload(o);
  w.run_until(2min);
  ASSERT_EQ(w.told(), (strings{"job0 build.finished", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->number, 43U);
  o.jobs[0].build = 42;
  w.reload(o);
  w.run_until(1h);
  EXPECT_EQ(w.events.size(), 2U) << "and the old one is remembered";
}

TEST(reload, a_job_that_moves_to_another_provider_is_new) {
  options o = jobs(1);
  o.providers.push_back(provider("other", 8, 100));
  world w(o);
  w.latency = 5s;
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1s);
  o.jobs[0].provider = 1;
  w.reload(o);
  w.run_until(1h);
  ASSERT_EQ(w.told(), strings{"job0 build.finished"});
  EXPECT_EQ(w.events[0].provider, "other");
  o.jobs[0].provider = 0;
  w.reload(o);
  w.run_until(2h);
  EXPECT_EQ(w.events.size(), 2U) << "the first provider's connection was freed";
}

TEST(reload, providers_come_and_go) {
  options o = jobs(1);
  o.providers.push_back(provider("other", 8, 100));
  o.jobs.push_back(job("far", {}, 1));
  world w(o);
  w.latency = 5s;
  w.run_until(1s);
  options second = o;
  second.providers.erase(second.providers.begin());
  second.jobs.erase(second.jobs.begin());
  second.jobs[0].provider = 0;
  reindexed const moved = w.reload(second);
  EXPECT_EQ(moved.providers, (std::vector<provider_index>{reindexed::gone, 0}));
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1min);
  EXPECT_EQ(w.told(), strings{"far build.finished"});
  w.reload(o);
  w.run_until(2min);
  EXPECT_EQ(w.told(), (strings{"far build.finished", "job0 build.finished"}));
}

// --- times

TEST(reload, a_shorter_interval_holds_from_now_on_and_makes_no_burst) {
  options o = jobs(100, {1h, 1h, 5min});
  world w(o);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(10min);
  w.requests.clear();
  time_all(o, {20s, 20s, 5min});
  w.reload(o);
  w.run_until(10min + 20s);
  EXPECT_EQ(w.requests.size(), 100U);
  std::map<long, int> per_second;
  for (auto const& r : w.requests) ++per_second[static_cast<long>(r.at / 1s)];
  for (auto const& [second, n] : per_second) EXPECT_LE(n, 20) << second;
}

TEST(reload, a_longer_interval_holds_after_the_next_poll) {
  options o = jobs(1, {10s, 10s, 5min});
  world w(o);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(15s);
  time_all(o, {1h, 1h, 5min});
  w.reload(o);
  w.run_until(2h);
  EXPECT_EQ(times_of(w.requests), (std::vector<base::duration>{0s, 10s, 20s, 1h + 20s}));
}

TEST(reload, a_job_that_was_due_stays_due) {
  options o = jobs(20, {1s, 1s, 5min}, 1);
  world w(o);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(1min);
  std::map<job_index, int> polls;
  for (int i = 0; i < 600; ++i) {
    w.run_for(300ms);
    w.reload(o);
  }
  for (auto const& r : w.requests) ++polls[r.job];
  for (auto const& [job, n] : polls) EXPECT_NEAR(n, 12, 2) << job << ": none starves";
  EXPECT_LE(w.requests.size(), 242U) << "and the rate is kept";
}

TEST(reload, starts_no_outage_clock_anew) {
  options o = jobs(1, ten);
  world w(o);
  w.answer = [](job_index, asks) { return failed(); };
  for (int i = 0; i < 30; ++i) {
    w.run_for(10s);
    w.reload(o);
  }
  w.run_until(5min + 1s);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

TEST(reload, a_shorter_patience_is_decided_by_fresh_evidence) {
  for (bool const still_fails : {true, false}) {
    options o = jobs(1, {10s, 10s, 1h});
    world w(o);
    w.answer = [&](job_index, asks) { return w.now() < 10min || still_fails ? failed() : undecided(); };
    w.run_until(10min + 1s);
    time_all(o, {10s, 10s, 5min});
    w.reload(o);
    w.run_until(10min + 3s);
    EXPECT_EQ(w.told(), still_fails ? strings{"job0 job.unreachable"} : strings{});
  }
}

TEST(reload, a_longer_patience_holds_for_an_outage_going_on) {
  options o = jobs(2, ten);
  world w(o);
  w.answer = [](job_index j, asks) { return j == 0 ? failed() : undecided(); };
  w.run_until(4min);
  time_all(o, {10s, 10s, 1h});
  w.reload(o);
  w.run_until(59min);
  EXPECT_TRUE(w.events.empty());
  w.run_until(61min);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

TEST(reload, new_labels_and_words_hold_from_now_on) {
  options o = jobs(1);
  world w(o);
  w.answer = [&](job_index, asks) { return w.now() < 1min ? running() : finished("DEPLOY_ERROR"); };
  w.run_until(30s);
  o.jobs[0].labels = std::make_shared<model::labels const>(model::labels{{"team", "other"}});
  model::outcome_words const words{{"DEPLOY_ERROR", model::outcome::failure}};
  o.jobs[0].outcomes = std::make_shared<model::outcome_words const>(words);
  w.reload(o);
  w.run_until(2min);
  EXPECT_EQ(w.events.at(1).build->outcome, model::outcome::failure);
  EXPECT_EQ(w.events.at(1).job->labels, (model::labels{{"team", "other"}}));
}

// --- providers

TEST(reload, more_and_fewer_connections_hold_at_once) {
  options o = jobs(50, {1s, 1s, 5min}, 1000, 2);
  world w(o);
  w.latency = 700ms;
  w.run_until(1min);
  EXPECT_EQ(w.most_in_flight, 2U);
  o.providers[0].connections = 6;
  w.reload(o);
  w.run_until(2min);
  EXPECT_EQ(w.most_in_flight, 6U);
  o.providers[0].connections = 1;
  w.reload(o);
  w.run_for(1s);
  w.most_in_flight = 0;
  w.run_until(3min);
  EXPECT_EQ(w.most_in_flight, 1U);
}

TEST(reload, another_rate_brings_no_second_burst) {
  options o = jobs(500, {1s, 1s, 5min}, 50, 1000);
  world w(o);
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(1min);
  o.providers[0].rate_per_second = 100;
  w.requests.clear();
  for (int i = 0; i < 100; ++i) {
    o.providers[0].rate_per_second = i % 2 ? 50 : 100;
    w.reload(o);
    w.run_for(100ms);
  }
  EXPECT_LE(w.requests.size(), 850U);
  EXPECT_GE(w.requests.size(), 650U) << "75 a second in the mean";
}

options with_credential(std::uint32_t mark, bool any = true) {
  options o = jobs(5, {1s, 1s, 10h});
  o.providers[0].credential = mark;
  o.providers[0].has_credential = any;
  return o;
}

TEST(reload, another_credential_ends_a_pause_with_one_request_as_a_trial) {
  world w(with_credential(7));
  w.latency = 2s;
  w.answer = [&](job_index, asks) { return w.now() < 1min ? failed(fault::refused, "HTTP 401") : running(); };
  w.run_until(1min);
  ASSERT_EQ(w.requests.size(), 1U);
  w.reload(with_credential(7));
  w.run_until(61s);
  EXPECT_EQ(w.requests.size(), 1U) << "the same one: the pause stays";
  w.reload(with_credential(8));
  w.run_until(62s);
  EXPECT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(w.logged("provider.credential_changed"), 1U);
  EXPECT_FALSE(w.remember().providers.at(0).refused_until);
  w.run_until(70s);
  EXPECT_GE(w.requests.size(), 6U);
  EXPECT_FALSE(w.engine().refused(0));
}

TEST(reload, another_credential_is_refused_anew) {
  world w(with_credential(7));
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_until(1min);
  w.reload(with_credential(8));
  w.run_until(6min);
  EXPECT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(w.logged("provider.refused", base::log_level::error), 2U) << "which is news";
}

TEST(reload, another_credential_is_met_by_one_request_until_it_has_proved_good) {
  world w(with_credential(7));
  w.latency = 1500ms;
  w.run_until(1min + 1ms);
  EXPECT_EQ(w.most_in_flight, 5U);
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.requests.clear();
  w.reload(with_credential(8));  // five are on their way with the one before
  w.run_for(4min);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(reload, without_a_credential_there_is_nothing_to_be_careful_about) {
  world w(with_credential(7));
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_until(1min);
  w.latency = 10s;
  w.requests.clear();
  w.reload(with_credential(0, false));
  w.run_for(2s);
  EXPECT_EQ(w.requests.size(), 5U);
}

TEST(reload, leaves_a_back_off_alone) {
  options o = jobs(10, {1s, 1s, 10h});
  world w(o);
  w.answer = [&](job_index, asks) { return w.now() < 20s ? failed(fault::throttled, "HTTP 429", 5min) : running(); };
  w.run_until(1s);
  o.providers[0].connections = 2;
  o.providers[0].credential = 9;
  w.reload(o);
  w.run_until(5min - 1s);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(reload, after_a_stop_asks_nothing) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(1), {}, clock.at);
  e.stop();
  (void)e.reconfigure(jobs(2), {}, clock.at, out);
  EXPECT_TRUE(out.asks.empty());
  EXPECT_EQ(e.next_due(), base::time_point::max());
}

}  // namespace
}  // namespace buildwatch::watch::testing

// What the journal is given to remember: with each transition, and each minute what has changed without one.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

timing const ten{10s, 10s, 5min};

bool nothing(memory const& m) { return m.jobs.empty() && m.providers.empty(); }

TEST(transition, carries_what_is_known_once_it_is_stored) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 100s ? running() : finished(); };
  w.run_until(50s);
  job_memory m = w.stored.all().jobs.at(0);
  EXPECT_EQ(m.provider, "huawei");
  EXPECT_EQ(m.job_id, jobs(1).jobs[0].job_id);
  EXPECT_EQ(m.build, 42U);
  EXPECT_EQ(m.name, "job0");
  EXPECT_TRUE(m.builds.at(0).running);
  EXPECT_EQ(m.builds[0].number, 42U);
  EXPECT_TRUE(m.proven);
  EXPECT_EQ(m.builds[0].first_running, w.wall_at(0s));
  EXPECT_EQ(m.builds[0].last_running, w.wall_at(0s));
  EXPECT_EQ(m.reach, reach_memory{});
  w.run_until(2min);
  m = w.stored.all().jobs.at(0);
  EXPECT_TRUE(m.done);
  EXPECT_TRUE(m.builds.empty());
  EXPECT_TRUE(w.stored.all().providers.empty());
  EXPECT_TRUE(nothing(w.remember())) << "the transitions told all of it";
}

TEST(transition, of_an_outage_and_its_end_carries_that) {
  world w(jobs(2, ten));
  w.answer = [&](job_index j, asks) { return j == 0 && w.now() < 20min ? failed() : undecided(); };
  w.run_until(10min);
  reach_memory r = w.stored.all().jobs.at(0).reach;
  EXPECT_TRUE(r.told);
  EXPECT_EQ(r.told_begin, w.wall_at(10ms));
  EXPECT_EQ(r.since, w.wall_at(10ms));
  EXPECT_GE(r.lasted, 5min);
  w.run_until(30min);
  EXPECT_EQ(w.stored.all().jobs.at(0).reach, reach_memory{});
}

TEST(transition, of_a_provider_carries_the_provider) {
  world w(jobs(2, ten));
  w.answer = [&](job_index, asks) { return w.now() < 20min ? failed(fault::no_connection, "down") : undecided(); };
  w.run_until(10min);
  provider_memory const p = w.stored.all().providers.at(0);
  EXPECT_EQ(p.name, "huawei");
  EXPECT_TRUE(p.reach.told);
  EXPECT_EQ(p.reach.told_begin, w.wall_at(10ms));
  w.run_until(30min);
  EXPECT_EQ(w.stored.all().providers.at(0).reach, reach_memory{});
}

TEST(changed, tells_of_running_builds_that_were_seen_since) {
  world w(jobs(3));
  w.answer = [](job_index j, asks) { return j == 1 ? running() : undecided(); };
  w.run_until(1min);
  w.remember();
  w.run_until(2min);
  memory const m = w.remember();
  ASSERT_EQ(m.jobs.size(), 1U);
  EXPECT_EQ(m.jobs[0].name, "job1");
  EXPECT_EQ(m.jobs[0].builds.at(0).last_running, w.wall_at(110s));
  EXPECT_TRUE(nothing(w.remember())) << "nothing was seen since";
}

TEST(changed, tells_once_of_what_stays) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(1min);
  memory const m = w.remember();
  ASSERT_EQ(m.jobs.size(), 1U);
  EXPECT_TRUE(m.jobs[0].proven);
  EXPECT_EQ(m.jobs[0].builds.at(0).undecided_since, w.wall_at(10ms));
  w.run_until(1h);
  EXPECT_TRUE(nothing(w.remember())) << "undecided since then, and known to be";
}

TEST(changed, tells_of_an_outage_while_how_long_it_lasts_matters) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 8min ? failed() : undecided(); };
  for (auto const t : {1min, 2min, 3min, 4min}) {
    w.run_until(t);
    memory const m = w.remember();
    ASSERT_EQ(m.jobs.size(), 1U);
    EXPECT_EQ(m.jobs[0].reach.lasted, t - 10ms);
    EXPECT_EQ(m.jobs[0].reach.since, w.wall_at(10ms));
    ASSERT_EQ(m.providers.size(), 1U);
    EXPECT_EQ(m.providers[0].reach.lasted, t - 10ms);
  }
  w.run_until(6min);
  w.remember();
  w.run_until(7min);
  EXPECT_TRUE(w.remember().jobs.empty()) << "it has been told of, which was stored";
  w.run_until(20min);
  memory const m = w.remember();
  ASSERT_EQ(m.providers.size(), 1U);
  EXPECT_EQ(m.providers[0].reach, reach_memory{}) << "over";
}

TEST(changed, tells_of_an_outage_that_nobody_was_told_of_that_it_is_over) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 2min ? failed() : undecided(); };
  w.run_until(1min);
  EXPECT_TRUE(w.remember().jobs.at(0).reach.since);
  w.run_until(5min);
  EXPECT_EQ(w.remember().jobs.at(0).reach, reach_memory{});
  EXPECT_TRUE(nothing(w.remember()));
}

TEST(changed, stays_quiet_through_a_long_outage_of_a_provider) {
  world w(jobs(50, ten));
  w.answer = [](job_index, asks) { return failed(fault::no_connection, "down"); };
  w.run_until(10min);
  w.remember();
  for (int i = 0; i < 10; ++i) {
    w.run_for(10min);
    EXPECT_TRUE(nothing(w.remember()));
  }
}

TEST(changed, tells_of_a_pause_and_its_end) {
  options o = jobs(1, {1s, 1s, 10h});
  o.providers[0].credential = 7;
  world w(o);
  w.answer = [&](job_index, asks) { return w.now() < 1min ? failed(fault::refused, "HTTP 401") : undecided(); };
  w.run_until(1s);
  provider_memory p = w.stored.all().providers.at(0);
  EXPECT_EQ(p.refused_until, w.wall_at(5min + 10ms)) << "stored at once: a crash is not to shorten it";
  EXPECT_EQ(p.credential, 7U);
  w.run_until(10min);
  w.remember();
  EXPECT_FALSE(w.stored.all().providers.at(0).refused_until);
}

TEST(changed, skips_what_a_transition_under_way_tells) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(1), {}, clock.at);
  e.tick(clock.at, out);
  observation const seen = running();
  e.answer({0, clock.at, seen}, clock.at, out);
  ASSERT_EQ(out.commits.size(), 1U);
  EXPECT_TRUE(nothing(e.changed(clock.at))) << "it would be stored over what comes first";
  e.settle({out.commits[0].token, false, "disk full"}, clock.at, out);
  memory const m = e.changed(clock.at);
  ASSERT_EQ(m.jobs.size(), 1U) << "not stored: it was seen all the same";
  EXPECT_FALSE(m.jobs[0].builds.at(0).running);
  EXPECT_TRUE(m.jobs[0].builds[0].last_running);
}

TEST(changed, that_could_not_be_stored_is_told_again_as_it_is_by_then) {
  commands out;
  buildwatch::testing::manual_clock clock;
  options o = jobs(2, ten);
  engine e(o, {}, clock.at);
  observation const good = undecided(), refused = failed(fault::refused, "HTTP 401");
  e.tick(clock.at, out);
  e.answer({0, clock.at, good}, clock.at, out);
  clock.advance(15s);
  e.tick(clock.at, out);
  e.answer({1, clock.at, refused}, clock.at, out);
  memory const first = e.changed(clock.at);
  EXPECT_EQ(first.jobs.size(), 2U);
  EXPECT_EQ(first.providers.size(), 1U);
  e.unremembered();
  clock.advance(1min);
  memory const second = e.changed(clock.at);
  EXPECT_EQ(second.jobs.size(), 2U);
  EXPECT_EQ(second.providers.size(), 1U);
  EXPECT_GT(second.providers[0].reach.lasted, first.providers[0].reach.lasted);
}

TEST(changed, says_nothing_of_jobs_of_which_nothing_is_known) {
  world w(jobs(3));
  EXPECT_TRUE(nothing(w.remember()));
}

}  // namespace
}  // namespace buildwatch::watch::testing

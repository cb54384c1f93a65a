// How jobs and providers stand, for those who look.
#include <gtest/gtest.h>

#include <memory>

#include "unit/watch/followed.hpp"

namespace buildwatch::watch::testing {
namespace {

class standing : public ::testing::Test {
 protected:
  static job_standing of(world& w, job_index job = 0) { return w.engine().standing_of(job, w.instant_now()); }
};

TEST_F(standing, from_pending_over_queued_and_running_to_idle) {
  followed_world w;
  w.latency = 1s;
  w.builds = {{1, {-1h, -50min}}, {2, {10min, 30min, "FAIL", 5min}}};
  w.run_for(500ms);
  EXPECT_EQ(of(w).state, job_state_kind::pending);
  EXPECT_FALSE(of(w).polled);
  w.run_for(4min);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
  EXPECT_FALSE(of(w).build);
  w.run_for(4min);
  EXPECT_EQ(of(w).state, job_state_kind::queued);
  ASSERT_TRUE(of(w).build);
  EXPECT_EQ(of(w).build->number, 2U);
  EXPECT_FALSE(of(w).build->building);
  w.run_for(6min);
  EXPECT_EQ(of(w).state, job_state_kind::running);
  EXPECT_TRUE(of(w).build->building);
  EXPECT_FALSE(of(w).ahead) << "one build before says nothing";
  w.run_for(30min);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
}

TEST_F(standing, a_build_that_runs_is_measured_by_those_before) {
  followed_world w;
  for (std::uint32_t n = 1; n <= 10; ++n) w.builds[n] = {-1h * (12 - n), -1h * (12 - n) + 20min};
  w.builds[11] = {5min, 25min};
  w.past_of_history = true;
  w.run_for(15min + 10s);
  job_standing const how = of(w);
  ASSERT_TRUE(how.ahead);
  EXPECT_NEAR(how.ahead->progress, 0.5, 0.05);
  EXPECT_NEAR(std::chrono::duration<double>(how.ahead->left).count(), 600, 60);
}

/// "7 running 6": the newest, and all that run.
std::string numbers_of(job_standing const& how) {
  std::string text = how.build ? std::to_string(how.build->number) : "none";
  if (!how.running.empty()) text += " running";
  for (model::build const& b : how.running) text += " " + std::to_string(b.number);
  return text;
}

TEST_F(standing, of_builds_side_by_side_the_newest_that_runs_is_measured) {
  followed_world w;
  for (std::uint32_t n = 1; n <= 10; ++n) w.builds[n] = {-2h * (12 - n), -2h * (12 - n) + 40min};
  w.past_of_history = true;
  w.builds[11] = {5min, 45min};
  w.builds[12] = {15min, 25min};
  w.builds[13] = {50min, 90min, "SUCCESS", 15min};
  w.run_for(20min);
  EXPECT_EQ(numbers_of(of(w)), "12 running 12 11");
  ASSERT_TRUE(of(w).ahead);
  EXPECT_NEAR(of(w).ahead->progress, 0.12, 0.05) << "of build 12";
  w.run_for(5min + 30s);
  ASSERT_EQ(w.tale().back(), "finished 12");
  EXPECT_EQ(of(w).state, job_state_kind::running);
  EXPECT_EQ(numbers_of(of(w)), "11 running 11") << "what has ended is the history's";
  ASSERT_TRUE(of(w).ahead);
  EXPECT_NEAR(of(w).ahead->progress, 0.51, 0.05) << "of build 11";
  w.run_for(14min);
  EXPECT_EQ(numbers_of(of(w)), "13 running 11") << "13 is queued";
  EXPECT_FALSE(of(w).build->building);
  ASSERT_TRUE(of(w).ahead);
  EXPECT_GT(of(w).ahead->progress, 0.7);
  w.run_for(7min);
  EXPECT_EQ(numbers_of(of(w)), "13");
}

TEST_F(standing, polls_are_told_with_what_came_of_the_last) {
  followed_world w;
  w.builds = {{1, {-1h, -50min}}};
  w.run_for(90s);
  job_standing how = of(w);
  ASSERT_TRUE(how.polled && how.next_poll);
  EXPECT_EQ(how.polled, how.heard);
  EXPECT_GT(*how.next_poll, w.instant_now().mono);
  EXPECT_EQ(how.error, "");
  w.failing = {asks::newest, asks::build, asks::list};
  w.run_for(3min);
  how = of(w);
  EXPECT_GT(*how.polled, *how.heard);
  EXPECT_EQ(how.error, "HTTP 500");
  EXPECT_EQ(how.state, job_state_kind::idle) << "that it fails has not been told yet";
  w.run_for(10min);
  EXPECT_EQ(of(w).state, job_state_kind::unreachable);
  w.failing.clear();
  w.run_for(20min);
  EXPECT_EQ(of(w).error, "");
  EXPECT_EQ(of(w).state, job_state_kind::idle);
}

TEST_F(standing, the_next_poll_is_told_the_same_however_often_one_looks) {
  followed_world w(followed_world::one({60s, 60s, 5min}));
  w.latency = 10s;
  w.builds = {{1, {-1h, -50min}}};
  w.run_for(90s);
  auto const next = of(w).next_poll;
  ASSERT_TRUE(next);
  w.run_for(1s);
  EXPECT_EQ(of(w).next_poll, next);
  w.run_for(*next - w.instant_now().mono + 1s);
  EXPECT_EQ(of(w).next_poll, next) << "it is under way";
  w.run_for(1s);
  EXPECT_EQ(of(w).next_poll, next);
  w.run_for(20s);
  ASSERT_TRUE(of(w).next_poll);
  EXPECT_GT(*of(w).next_poll, *next);
}

TEST_F(standing, a_poll_that_waits_for_others_keeps_its_time) {
  options o = jobs(10, {60s, 60s, 5min}, 0.1);
  world w(o);
  w.run_for(4min);
  std::optional<job_index> late;
  for (job_index i = 0; i < 10; ++i) {
    auto const next = of(w, i).next_poll;
    if (next && *next < w.instant_now().mono - 2s) late = i;
  }
  ASSERT_TRUE(late) << "ten jobs a minute, and six requests";
  auto const next = of(w, *late).next_poll;
  w.run_for(1s);
  EXPECT_EQ(of(w, *late).next_poll, next);
}

TEST_F(standing, a_job_is_pending_until_it_was_answered_well) {
  followed_world w;
  w.builds = {{1, {-1h, -50min}}};
  w.failing = {asks::newest, asks::build, asks::list};
  w.run_for(3min);
  EXPECT_EQ(of(w).state, job_state_kind::pending) << "nobody knows whether anything runs";
  EXPECT_EQ(of(w).error, "HTTP 500");
  EXPECT_EQ(w.engine().counts().pending, 1U);
  w.failing.clear();
  w.run_for(10min);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
  w.failing = {asks::newest, asks::build, asks::list};
  w.run_for(3min);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
}

TEST_F(standing, a_refused_call_is_no_answer_about_the_job) {
  followed_world w;
  w.builds = {{1, {-1h, -50min}}};
  w.refused = {asks::newest};
  w.failing = {asks::build, asks::list};
  w.run_for(3min);
  EXPECT_EQ(of(w).state, job_state_kind::pending);
}

TEST_F(standing, a_job_that_nobody_knows) {
  followed_world w;
  w.deleted = true;
  w.run_for(1min);
  EXPECT_EQ(of(w).state, job_state_kind::not_found);
  EXPECT_NE(of(w).error.find("not_found"), std::string::npos);
  EXPECT_FALSE(of(w).heard);
  w.run_for(30min);
  ASSERT_EQ(w.told(), std::vector<std::string>{"job0 job.unreachable"});
  EXPECT_EQ(of(w).state, job_state_kind::not_found) << "that says more";
  EXPECT_EQ(w.engine().counts().not_found, 1U);
  w.deleted = false;
  w.failing = {asks::newest, asks::build, asks::list};
  w.run_for(10min);
  EXPECT_EQ(of(w).state, job_state_kind::unreachable);
}

/// Two jobs and one build, of a provider that fails with `cause` from 2 min on, for an hour.
class standing_in_an_outage : public standing {
 protected:
  static options three() {
    options o = followed_world::one();
    o.jobs.push_back(job("one", *o.jobs[0].times, 0, 0));
    o.jobs.push_back(job("done", *o.jobs[0].times, 0, 1));
    return o;
  }
  static std::unique_ptr<followed_world> made(std::map<std::uint32_t, scripted> builds, observation cause) {
    auto w = std::make_unique<followed_world>(three());
    w->builds = std::move(builds);
    w->past_of_history = true;
    w->answer_all = [&w = *w, as_told = w->answer_all, cause](ask const& a) {
      return w.now() < 2min || w.now() > 1h ? as_told(a) : cause;
    };
    return w;
  }
  static std::map<std::uint32_t, scripted> running_since_a_minute() {
    std::map<std::uint32_t, scripted> all;
    for (std::uint32_t n = 1; n <= 10; ++n) all[n] = {-2h * (12 - n), -2h * (12 - n) + 90min};
    all[11] = {-1min, 89min};
    return all;
  }
};

TEST_F(standing_in_an_outage, of_its_provider_a_job_is_unreachable_too) {
  for (observation const& cause : {failed(fault::refused, "HTTP 401"), failed(fault::throttled, "HTTP 503"),
                                   failed(fault::no_connection, "refused"), failed(fault::other, "HTTP 500")}) {
    SCOPED_TRACE(cause.text);
    auto const all = made(running_since_a_minute(), cause);
    followed_world& w = *all;
    w.run_until(90s);
    EXPECT_EQ(of(w).state, job_state_kind::running);
    EXPECT_TRUE(of(w).ahead);
    w.run_until(30min);
    ASSERT_EQ(w.told().back(), "provider.unreachable");
    for (job_index const job : {0U, 1U}) {
      job_standing const how = of(w, job);
      EXPECT_EQ(how.state, job_state_kind::unreachable) << job;
      EXPECT_EQ(how.error, cause.text) << job;
      EXPECT_FALSE(how.ahead);
      ASSERT_TRUE(how.build);
      EXPECT_EQ(how.build->number, 11U);
    }
    EXPECT_EQ(of(w, 2).state, job_state_kind::done);
    EXPECT_EQ(of(w, 2).error, "");
    EXPECT_EQ(w.engine().counts().unreachable, 2U);
    EXPECT_EQ(w.engine().counts().running, 0U);
    w.run_until(80min);
    ASSERT_EQ(w.told().back(), "provider.recovered");
    EXPECT_EQ(of(w).state, job_state_kind::running);
    EXPECT_EQ(of(w).error, "");
    EXPECT_TRUE(of(w).ahead);
  }
}

TEST_F(standing_in_an_outage, of_its_provider_a_job_that_was_not_found_is_unreachable) {
  followed_world w(three());
  w.answer_all = [&](ask const& a) {
    if (w.now() > 10min) return failed(fault::no_connection, "refused");
    return a.job == 0 ? seen_as(sight::no_such_job) : running();
  };
  w.run_until(9min);
  EXPECT_EQ(of(w).state, job_state_kind::not_found);
  w.run_until(1h);
  EXPECT_EQ(of(w).state, job_state_kind::unreachable);
}

TEST_F(standing_in_an_outage, that_began_before_a_restart_it_is_unreachable_at_once) {
  auto const all = made({{1, {-1h, -50min}}}, failed(fault::no_connection, "refused"));
  followed_world& w = *all;
  w.run_until(30min);
  w.remember();
  w.restart(three());
  EXPECT_EQ(of(w).state, job_state_kind::unreachable);
  EXPECT_EQ(of(w).error, "provider huawei is unreachable") << "why is not known any more";
  EXPECT_EQ(of(w, 2).state, job_state_kind::done);
  w.run_for(5min);
  EXPECT_EQ(of(w).state, job_state_kind::unreachable);
  EXPECT_EQ(of(w).error, "refused");
  w.run_until(2h);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
}

TEST_F(standing_in_an_outage, that_is_over_it_is_as_it_was_once_that_is_stored) {
  auto const all = made({{1, {-1h, -50min}}}, failed(fault::no_connection, "refused"));
  followed_world& w = *all;
  w.run_until(30min);
  w.stores = [](model::event const&) { return false; };
  w.run_until(80min);
  EXPECT_EQ(of(w).state, job_state_kind::unreachable) << "nobody has been told that it recovered";
  EXPECT_EQ(of(w).error, "");
  w.stores = [](model::event const&) { return true; };
  w.run_for(1min);
  EXPECT_EQ(of(w).state, job_state_kind::idle);
}

TEST_F(standing, the_one_build_that_is_watched_is_done) {
  world w(jobs(1));
  w.answer_all = [](ask const&) { return finished(); };
  w.run_for(1min);
  EXPECT_EQ(of(w).state, job_state_kind::done);
  EXPECT_FALSE(of(w).next_poll);
}

TEST_F(standing, a_provider_is_up_while_it_answers) {
  followed_world w;
  auto const provider = [&] { return w.engine().standing_of_provider(0); };
  EXPECT_FALSE(provider().tried());
  EXPECT_TRUE(provider().watched);
  w.builds = {{1, {-1h, -50min}}};
  w.run_for(5min);
  EXPECT_TRUE(provider().up);
  EXPECT_EQ(provider().failed, 0U);
  std::uint64_t const well = provider().answered;
  EXPECT_GT(well, 4U);
  w.failing = {asks::newest, asks::build, asks::list, asks::record};
  w.run_for(5min);
  EXPECT_FALSE(provider().up);
  EXPECT_GT(provider().failed, 0U);
  EXPECT_EQ(provider().answered, well);
}

TEST_F(standing, jobs_may_be_counted_some_at_a_time) {
  world w(jobs(5));
  w.answer_all = [](ask const& a) { return a.job < 2 ? finished() : running(); };
  w.run_for(1min);
  engine_counts some;
  w.engine().count(1, 2, some);
  EXPECT_EQ(some.jobs, 2U);
  EXPECT_EQ(some.done, 1U);
  EXPECT_EQ(some.running, 1U);
  w.engine().count(3, 100, some);
  EXPECT_EQ(some.jobs, 4U);
  EXPECT_EQ(some.running, 3U);
  w.engine().count(5, 100, some);
  EXPECT_EQ(some.jobs, 4U) << "there are no more";
  EXPECT_EQ(w.engine().counts().running, 3U);
}

}  // namespace
}  // namespace buildwatch::watch::testing

// When polls leave: spread, grid, rate limit, connections, back-off, quiet providers (contract, section 3).
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

std::vector<base::duration> times_of(std::vector<world::request> const& requests) {
  std::vector<base::duration> t;
  for (auto const& r : requests) t.push_back(r.at);
  return t;
}

TEST(spread, first_polls_fill_the_window_in_order_the_first_at_once) {
  world w(jobs(4, {60s, 20s, 5min}));
  w.run_until(19s);
  EXPECT_EQ(times_of(w.requests), (std::vector<base::duration>{0s, 3750ms, 7500ms, 11250ms}));
  for (job_index i = 0; i < 4; ++i) EXPECT_EQ(w.requests[i].job, i);
}

TEST(spread, many_jobs_never_come_in_a_burst) {
  world w(jobs(1000, {60s, 60s, 5min}, 100));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(3min);
  std::map<long, int> per_second;
  for (auto const& r : w.requests) ++per_second[static_cast<long>(r.at / 1s)];
  for (auto const& [second, n] : per_second) EXPECT_LE(n, 20) << second;
  EXPECT_GE(w.requests.size(), 2999U);
}

TEST(grid, polls_neither_drift_nor_follow_latency) {
  world w(jobs(1, {60s, 7s, 5min}));
  w.latency = 900ms;
  w.run_until(24h);
  ASSERT_GT(w.requests.size(), 12'000U);
  for (auto const& r : w.requests) ASSERT_EQ(r.at % 7s, 0s);
}

TEST(grid, an_answer_slower_than_the_interval_skips_points) {
  world w(jobs(1, {50ms, 50ms, 5min}, 1000));
  w.latency = 120ms;
  w.run_until(1s);  // the past builds have been asked for in between
  w.requests.clear();
  w.run_until(11s);
  for (auto const& r : w.requests) ASSERT_EQ(r.at % 50ms, 0s);
  EXPECT_NEAR(static_cast<double>(w.requests.size()), 10s / 150ms, 2);
}

TEST(grid, one_request_of_a_job_at_a_time) {
  world w(jobs(1, {50ms, 50ms, 5min}, 1000));
  w.latency = 1h;
  w.run_until(59min);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(grid, a_few_jobs_are_asked_to_the_nanosecond_and_many_by_ticks) {
  world few(jobs(10, {1s, 1s, 5min}));
  few.run_until(10s);
  for (auto const& r : few.requests) ASSERT_EQ(r.at, r.due);
  world many(jobs(2000, {1s, 1s, 5min}, 10'000));
  many.answer = [](job_index, asks) { return undecided(); };
  many.latency = 0ms;
  many.run_until(10s);
  for (auto const& r : many.requests) ASSERT_LT(r.at - r.due, 10ms);
}

TEST(rate, is_kept_with_a_burst_of_one_second_after_the_first_answer) {
  options o = jobs(500, {1s, 1s, 5min}, 50, 1000);
  world w(o);
  w.run_until(100s);
  EXPECT_LE(w.requests.size() + w.extras.size(), 50U * 100 + 50);
  EXPECT_GE(w.requests.size() + w.extras.size(), 50U * 100 - 50);
  for (std::size_t i = 100; i < w.requests.size(); ++i) {
    ASSERT_GE(w.requests[i].at - w.requests[i - 100].at, 999ms) << "100 in a second: rate and burst";
  }
}

TEST(rate, waiting_jobs_go_in_order_of_due_time_and_none_starves) {
  world w(jobs(100, {1s, 1s, 5min}, 10));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(100s);
  std::map<job_index, int> polls;
  for (auto const& r : w.requests) ++polls[r.job];
  EXPECT_EQ(polls.size(), 100U);
  for (auto const& [job, n] : polls) EXPECT_NEAR(n, 10, 2) << job;
}

TEST(connections, cap_what_is_in_flight) {
  world w(jobs(100, {1s, 1s, 5min}, 1000, 3));
  w.latency = 700ms;
  w.run_until(1min);
  EXPECT_EQ(w.most_in_flight, 3U);
}

TEST(connections, one_until_the_first_good_answer) {
  world w(jobs(50, {1s, 1s, 5min}, 1000, 8));
  w.answer = [&](job_index, asks) { return w.now() < 20s ? failed() : running(); };
  w.latency = 300ms;
  w.run_until(19s);
  EXPECT_EQ(w.most_in_flight, 1U);
  w.run_until(40s);
  EXPECT_EQ(w.most_in_flight, 8U);
}

TEST(backoff, of_one_job_doubles_from_its_interval_and_a_good_answer_resets_it) {
  world w(jobs(2, {30s, 30s, 10h}));
  w.answer = [&](job_index j, asks) { return j == 0 && w.now() < 1h ? failed() : running(); };
  w.run_until(1h);
  std::vector<base::duration> waits;
  auto const mine = times_of(w.requests_of(0));
  for (std::size_t i = 1; i < 8; ++i) waits.push_back(mine[i] - mine[i - 1]);
  EXPECT_EQ(waits, (std::vector<base::duration>{30s, 60s, 120s, 240s, 300s, 300s, 300s}));
  EXPECT_EQ(w.requests_of(1).size(), 120U) << "its neighbour goes on";
  w.run_until(2h);
  auto const after = times_of(w.requests_of(0));
  EXPECT_EQ(after.back() - after[after.size() - 2], 30s);
}

TEST(backoff, is_logged_once_and_when_the_cause_changes) {
  world w(jobs(1, {30s, 30s, 10h}));
  w.answer = [&](job_index, asks) {
    if (w.now() > 1h) return running();
    return failed(fault::other, w.now() < 20min ? "HTTP 500" : "HTTP 502");
  };
  w.run_until(2h);
  EXPECT_EQ(w.logged("poll.failed", base::log_level::warn), 2U);
  EXPECT_EQ(w.logs[0].text, "job job0: HTTP 500; next try in 30 s");
  EXPECT_EQ(w.logged("poll.answered_again"), 1U);
  EXPECT_EQ(w.logs.size(), 3U);
}

TEST(backoff, of_hundreds_of_jobs_does_not_fill_the_log) {
  world w(jobs(500, {30s, 30s, 10h}, 1000));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? failed() : running(); };
  w.run_until(3h);
  EXPECT_EQ(w.logged("poll.failed", base::log_level::warn), 20U);
  EXPECT_EQ(w.logged("poll.failed_more"), 1U);
  EXPECT_EQ(w.logged("poll.answered_again"), 20U);
}

options two_providers(std::size_t jobs_each, timing times) {
  options o = jobs(jobs_each, times);
  o.providers.push_back(provider("other", 8, 100));
  for (std::size_t i = 0; i < jobs_each; ++i) o.jobs.push_back(job("far" + std::to_string(i), times, 1));
  return o;
}

TEST(throttled, quiets_that_provider_and_no_other) {
  world w(two_providers(10, {1s, 1s, 10h}));
  w.answer = [&](job_index j, asks) {
    return j == 3 && w.now() > 60s && w.now() < 62s ? failed(fault::throttled, "HTTP 429", 30s) : running();
  };
  w.run_until(3min);
  base::duration begun{};
  for (auto const& r : w.requests_of(3)) {
    if (r.at > 60s) {
      begun = r.at + 10ms;
      break;
    }
  }
  int quiet = 0, other = 0;
  for (auto const& r : w.requests) {
    if (r.at < begun || r.at >= begun + 30s) continue;
    ++(r.job < 10 ? quiet : other);
  }
  EXPECT_EQ(quiet, 0);
  EXPECT_GE(other, 290);
  EXPECT_EQ(w.logged("provider.throttled"), 1U);
  EXPECT_EQ(w.logged("provider.answered_again"), 1U);
  EXPECT_NE(w.logs[0].text.find("job3"), std::string::npos) << "the line names job and cause";
  EXPECT_NE(w.logs[0].text.find("HTTP 429"), std::string::npos);
}

TEST(throttled, one_request_at_a_time_and_doubling_until_a_good_answer) {
  world w(jobs(20, {1s, 1s, 10h}));
  w.answer = [&](job_index, asks) { return w.now() < 200s ? failed(fault::throttled, "HTTP 503") : running(); };
  w.run_until(199s);
  EXPECT_EQ(times_of(w.requests),
            (std::vector<base::duration>{0s, 5s + 10ms, 15s + 20ms, 35s + 30ms, 75s + 40ms, 155s + 50ms}));
  w.run_until(10min);
  EXPECT_GT(w.requests.size(), 20U * 200);
}

TEST(throttled, a_single_slow_job_is_asked_when_the_quiet_ends_not_an_interval_later) {
  world w(jobs(1, {1h, 1h, 10h}));
  w.answer = [&](job_index, asks) { return w.now() < 1s ? failed(fault::throttled, "HTTP 429", 7s) : running(); };
  w.run_until(10s);
  EXPECT_EQ(times_of(w.requests), (std::vector<base::duration>{0s, 7s + 10ms}));
}

TEST(throttled, a_fault_that_follows_one_job_does_not_starve_the_others) {
  world w(jobs(10, {10s, 10s, 10h}));
  w.answer = [](job_index j, asks) { return j == 0 ? failed(fault::throttled, "HTTP 503") : running(); };
  w.run_until(1h);
  for (job_index j = 1; j < 10; ++j) EXPECT_GT(w.requests_of(j).size(), 330U) << j;
  EXPECT_LT(w.requests_of(0).size(), 25U) << "it backs off on its own";
}

TEST(refused, fifty_jobs_and_a_wrong_key_make_one_request_in_five_minutes) {
  world w(jobs(50, {1s, 1s, 10h}, 1000));
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_until(1h);
  EXPECT_EQ(w.requests.size(), 12U);
  for (std::size_t i = 1; i < w.requests.size(); ++i) EXPECT_GE(w.requests[i].at - w.requests[i - 1].at, 5min);
  EXPECT_EQ(w.logged("provider.refused", base::log_level::error), 1U);
}

TEST(refused, in_the_middle_stops_at_what_is_in_flight) {
  world w(jobs(50, {1s, 1s, 10h}, 1000, 4));
  w.latency = 200ms;
  w.answer = [&](job_index, asks) { return w.now() < 60s ? running() : failed(fault::refused, "HTTP 401"); };
  w.run_until(60s);
  std::size_t const before = w.requests.size();
  w.run_until(5min + 59s);
  EXPECT_LE(w.requests.size() - before, 4U);
}

TEST(refused, a_right_key_ends_it_and_all_are_polled_again) {
  world w(two_providers(20, {1s, 1s, 10h}));
  w.answer = [&](job_index j, asks) {
    return j < 20 && w.now() < 7min ? failed(fault::refused, "HTTP 401") : running();
  };
  w.run_until(20min);
  for (job_index j = 0; j < 20; ++j) {
    auto const t = times_of(w.requests_of(j));
    EXPECT_NEAR(static_cast<double>(std::ranges::count_if(t, [](auto x) { return x > 11min; })), 540, 3);
  }
  EXPECT_EQ(w.logged("provider.answered_again"), 1U);
  EXPECT_GT(w.requests_of(25).size(), 1190U);
}

}  // namespace
}  // namespace buildwatch::watch::testing

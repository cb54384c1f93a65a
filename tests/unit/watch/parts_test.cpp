// The parts of the engine on their own: token bucket, gate, placing, due queue, buckets of lag.
#include <gtest/gtest.h>

#include <random>

#include "buildwatch/watch/loop.hpp"
#include "watch/due_queue.hpp"
#include "watch/duration_counts.hpp"
#include "watch/gate.hpp"
#include "watch/placing.hpp"
#include "watch/token_bucket.hpp"

namespace buildwatch::watch {
namespace {

using namespace std::chrono_literals;

base::time_point const start{1h};

TEST(token_bucket, bursts_one_seconds_worth_then_keeps_the_rate) {
  token_bucket b(10);
  int burst = 0;
  while (b.take(start)) ++burst;
  EXPECT_EQ(burst, 10);
  EXPECT_EQ(b.next(), start + 100ms);
  EXPECT_FALSE(b.take(start + 100ms - 1ns));
  EXPECT_TRUE(b.take(start + 100ms));
  EXPECT_FALSE(b.take(start + 100ms));
}

TEST(token_bucket, less_than_one_a_second_bursts_one) {
  token_bucket b(1.0 / 60);
  EXPECT_TRUE(b.take(start));
  EXPECT_FALSE(b.take(start + 59s));
  EXPECT_TRUE(b.take(b.next()));
  EXPECT_NEAR(std::chrono::duration<double>(b.next() - start).count(), 120, 1e-6);
}

TEST(token_bucket, a_day_of_waiting_saves_up_one_second_only) {
  token_bucket b(100);
  EXPECT_TRUE(b.take(start));
  int burst = 0;
  while (b.take(start + 24h)) ++burst;
  EXPECT_EQ(burst, 100);
}

TEST(token_bucket, a_changed_rate_keeps_what_is_there_and_fills_no_new_room_at_once) {
  token_bucket b(10);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(b.take(start));
  b.change_rate(100, start);
  int burst = 0;
  while (b.take(start)) ++burst;
  EXPECT_EQ(burst, 4);
  EXPECT_EQ(b.next(), start + 10ms);
  b.change_rate(2, start + 1h);
  while (b.take(start + 1h)) ++burst;
  EXPECT_EQ(burst, 6) << "as many as fit";
  b.change_rate(1.0 / 60, start + 1h);
  EXPECT_FALSE(b.take(start + 1h + 59s));
  EXPECT_TRUE(b.take(start + 1h + 60s));
}

TEST(token_bucket, is_exact_over_a_long_time) {
  for (double const rate : {3.0, 7.0, 10.0, 333.3, 10000.0}) {
    token_bucket b(rate);
    base::time_point now = start;
    long sent = 0;
    double const hours = std::min(1.0, 100 / rate);
    long const wanted = static_cast<long>(rate * 3600 * hours);
    for (; sent < wanted; ++sent) {
      now = std::max(now, b.next());
      ASSERT_TRUE(b.take(now));
    }
    double const seconds = std::chrono::duration<double>(now - start).count();
    EXPECT_LE(static_cast<double>(sent), rate * seconds + std::max(1.0, rate) + 1e-6) << rate;
    EXPECT_NEAR(seconds, 3600 * hours - 1, 1e-3) << rate;
  }
}

TEST(token_bucket, no_window_ever_holds_more_than_the_rate_and_a_burst) {
  std::mt19937_64 random(7);
  token_bucket b(25);
  std::vector<base::time_point> sent;
  for (base::time_point now = start; now < start + 60s; now += base::duration(random() % 90'000'000)) {
    while (b.take(now)) sent.push_back(now);
  }
  for (std::size_t i = 0; i < sent.size(); ++i) {
    for (std::size_t j = i; j < sent.size(); ++j) {
      double const window = std::chrono::duration<double>(sent[j] - sent[i]).count();
      ASSERT_LE(static_cast<double>(j - i + 1), 25 * window + 25 + 1e-6);
    }
  }
}

TEST(gate, lets_one_request_through_until_the_first_good_answer) {
  gate g(8);
  EXPECT_EQ(g.width(), 1U);
  EXPECT_EQ(g.heard(start).what, gate::trouble::none);
  EXPECT_EQ(g.width(), 8U);
}

TEST(gate, remembers_a_refusal_of_an_earlier_run) {
  gate g(8);
  g.recall_refusal(start + 3min, start - 1h, start);
  EXPECT_TRUE(g.pauses(start + 3min - 1ns));
  EXPECT_FALSE(g.quiet(start + 3min));
  EXPECT_EQ(g.width(), 1U);
  gate::ended const over = g.heard(start + 3min);
  EXPECT_EQ(over.what, gate::trouble::refused);
  EXPECT_EQ(over.since, start - 1h);
  EXPECT_EQ(g.width(), 8U);
}

TEST(gate, another_credential_ends_a_pause_and_is_tried_alone) {
  gate g(8);
  g.heard(start);
  g.refused(start + 1s, start + 2s);
  g.other_credential(true, start + 3s);
  EXPECT_FALSE(g.quiet(start + 3s));
  EXPECT_EQ(g.now_in(), gate::trouble::none);
  EXPECT_EQ(g.width(), 1U);
  EXPECT_FALSE(g.refused(start + 2s, start + 4s)) << "asked with the one before";
  g.heard(start + 2s);
  EXPECT_EQ(g.width(), 1U) << "so was this";
  EXPECT_TRUE(g.refused(start + 3s, start + 4s)) << "this one is news";
}

TEST(gate, another_credential_leaves_a_back_off) {
  gate g(8);
  g.heard(start);
  g.throttled(start + 1s, start + 1s, 1min);
  g.other_credential(false, start + 3s);
  EXPECT_EQ(g.opens(), start + 61s);
  EXPECT_EQ(g.width(), 1U);
}

TEST(gate, throttled_doubles_from_five_seconds_to_five_minutes_a_step_a_period) {
  gate g(8);
  g.heard(start);
  base::time_point now = start + 1s;
  for (auto const wait : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    g.throttled(now, now + 10ms, {});
    EXPECT_EQ(g.opens(), now + 10ms + wait);
    EXPECT_FALSE(g.throttled(now - 5ms, now + 20ms, {})) << "was under way already";
    EXPECT_EQ(g.opens(), now + 10ms + wait);
    EXPECT_EQ(g.width(), 1U);
    now = g.opens();
    EXPECT_FALSE(g.quiet(now));
  }
  EXPECT_EQ(g.heard(now).what, gate::trouble::throttled);
  EXPECT_EQ(g.width(), 8U);
  g.throttled(now + 1s, now + 2s, {});
  EXPECT_EQ(g.opens(), now + 7s) << "a good answer starts the steps anew";
}

TEST(gate, retry_after_is_honoured_up_to_an_hour) {
  struct row {
    base::duration asked, wait;
  };
  for (row const r : {row{1s, 1s}, row{90s, 90s}, row{1h, 1h}, row{2h, 1h}, row{0s, 5s}, row{-3s, 5s}}) {
    gate g(8);
    g.throttled(start, start, r.asked);
    EXPECT_EQ(g.opens(), start + r.wait) << r.asked.count();
  }
}

TEST(gate, a_longer_retry_after_of_a_request_under_way_counts_too) {
  gate g(8);
  g.throttled(start, start + 1s, 10s);
  g.throttled(start, start + 2s, 60s);
  EXPECT_EQ(g.opens(), start + 62s);
}

TEST(gate, another_credential_ends_a_pause_with_a_trial) {
  gate g(8);
  g.heard(start + 1ms);
  EXPECT_FALSE(g.renewed(start + 1s)) << "no pause";
  g.refused(start + 1s, start + 2s);
  EXPECT_TRUE(g.pauses(start + 3s));
  EXPECT_TRUE(g.renewed(start + 3s));
  EXPECT_FALSE(g.quiet(start + 3s));
  EXPECT_EQ(g.width(), 1U);
  EXPECT_EQ(g.heard(start + 4s).what, gate::trouble::refused);
  g.throttled(start + 5s, start + 6s, {});
  EXPECT_FALSE(g.renewed(start + 7s)) << "a back-off is no pause";
}

TEST(gate, refused_pauses_five_minutes_a_time) {
  gate g(8);
  g.heard(start);
  EXPECT_TRUE(g.refused(start + 1s, start + 2s));
  EXPECT_FALSE(g.refused(start + 1s, start + 3s)) << "was under way";
  EXPECT_EQ(g.opens(), start + 2s + 5min);
  EXPECT_EQ(g.width(), 1U);
  EXPECT_FALSE(g.refused(g.opens(), g.opens() + 1s)) << "no news, but a pause";
  EXPECT_EQ(g.opens(), start + 3s + 10min);
}

TEST(gate, an_answer_to_an_older_request_ends_no_quiet) {
  gate g(8);
  g.refused(start, start + 1s);
  EXPECT_EQ(g.heard(start + 500ms).what, gate::trouble::none);
  EXPECT_TRUE(g.quiet(start + 2s));
  EXPECT_EQ(g.width(), 1U);
  EXPECT_EQ(g.heard(g.opens()).what, gate::trouble::refused);
}

TEST(gate, a_refusal_during_a_backoff_is_a_pause) {
  gate g(8);
  g.throttled(start, start + 1s, {});
  EXPECT_TRUE(g.refused(start, start + 2s));
  EXPECT_EQ(g.opens(), start + 2s + 5min);
}

TEST(placing, first_polls_are_spread_over_idle_but_few_jobs_are_seen_soon) {
  timing const t{60s, 15s, 5min};
  EXPECT_EQ(first_poll_offset(0, 1000, 100, t.idle), 0s);
  EXPECT_EQ(first_poll_offset(1, 3, 10, t.idle), 5s) << "a few: within 15 s";
  EXPECT_EQ(first_poll_offset(150, 300, 100, t.idle), 15s) << "300 * 0.1 s = 30 s";
  EXPECT_EQ(first_poll_offset(50, 100, 5, t.idle), 12500ms) << "1.25 * 100 / 5 = 25 s";
  EXPECT_EQ(first_poll_offset(50'000, 100'000, 10'000, t.idle), 30s) << "many: over all of idle";
  timing const quick{3s, 100ms, 5min};
  EXPECT_EQ(first_poll_offset(20, 40, 10'000, quick.idle), 1500ms) << "a short idle: over all of it";
}

TEST(placing, polls_stay_on_their_grid) {
  EXPECT_EQ(next_on_grid(start, 60s, start + 60s, start + 10ms), start + 60s);
  EXPECT_EQ(next_on_grid(start, 60s, start + 65s, start + 6s), start + 60s) << "sent late";
  EXPECT_EQ(next_on_grid(start, 60s, start + 110s, start + 51s), start + 120s) << "very late: no second one soon after";
  EXPECT_EQ(next_on_grid(start, 50ms, start + 50ms, start + 180ms), start + 200ms)
      << "an answer slower than the interval";
  EXPECT_EQ(next_on_grid(start, 60s, start + 600s, start + 599s), start + 600s);
  EXPECT_EQ(next_on_grid(start + 300s, 60s, start + 70s, start + 10s), start + 60s) << "the grid goes both ways";
  EXPECT_EQ(next_on_grid(start, 60s, start, start), start + 60s) << "never now";
}

TEST(placing, backoff_doubles_to_five_minutes_or_the_interval) {
  std::vector<base::duration> waits;
  for (unsigned n = 1; n <= 7; ++n) waits.push_back(job_backoff(15s, n));
  EXPECT_EQ(waits, (std::vector<base::duration>{15s, 30s, 60s, 120s, 240s, 300s, 300s}));
  EXPECT_EQ(job_backoff(1h, 1), 1h);
  EXPECT_EQ(job_backoff(1h, 9), 1h);
  EXPECT_EQ(job_backoff(50ms, 4'000'000'000U), 5min);
}

TEST(due_queue, hands_out_in_order_and_ties_by_index) {
  due_queue q;
  q.push(start + 2s, 1);
  q.push(start + 1s, 7);
  q.push(start + 1s, 3);
  std::vector<job_index> order;
  for (; !q.empty(); q.pop()) order.push_back(q.top().job);
  EXPECT_EQ(order, (std::vector<job_index>{3, 7, 1}));
}

TEST(lag, bucket_ends_are_above_what_they_count) {
  for (base::duration const lag : {0ns, 99'999ns, 100'000ns, 118'000ns, 119'000ns, 5'000'000ns, 10'000'000ns}) {
    std::size_t const b = bucket_of(lag);
    EXPECT_LT(lag, bucket_end(b));
    EXPECT_TRUE(b == 0 || lag >= bucket_end(b - 1));
  }
  EXPECT_EQ(bucket_of(24h), bucket_count - 1);
  EXPECT_EQ(bucket_of(-1s), 0U);
  EXPECT_GT(bucket_end(bucket_count - 1), 80s);
}

}  // namespace
}  // namespace buildwatch::watch

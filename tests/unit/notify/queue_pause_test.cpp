// The pause of a sink as a whole (contract, section 4).
#include <gmock/gmock.h>

#include "unit/notify/bench.hpp"

namespace buildwatch::notify {
namespace {

using namespace std::chrono_literals;
using base::log_level;
using testing::bench;
using ::testing::HasSubstr;
using testing::options;

TEST(pause, only_the_oldest_is_tried_alone_on_its_own_schedule) {
  bench b(options({5s, 30s, 5min}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  b.add(3, "c");
  EXPECT_TRUE(b.queue.counts().paused);
  EXPECT_EQ(b.started(), "1");
  EXPECT_EQ(b.queue.next_due(), b.now + 5s);
  b.pass(5s);
  EXPECT_EQ(b.started(), "1");
  b.add(4, "d");
  EXPECT_EQ(b.started(), "") << "alone";
  b.fail_paused(1);
  EXPECT_EQ(b.queue.next_due(), b.now + 30s);
  b.pass(30s);
  EXPECT_EQ(b.started(), "1");
}

TEST(pause, the_first_success_releases_all_that_wait_oldest_first) {
  bench b(options({5s, 30s}, 2, true));
  b.add(1, "a");
  b.fail_paused(1);
  for (int i = 2; i <= 5; ++i) b.add(i, std::to_string(i));
  b.pass(5s);
  b.started();
  b.deliver(1);
  EXPECT_FALSE(b.queue.counts().paused);
  EXPECT_EQ(b.started(), "2 3");
  EXPECT_THAT(b.logged(log_level::info).back(), HasSubstr("works again; 4 waiting deliveries follow"));
  b.deliver(3);
  b.deliver(2);
  EXPECT_EQ(b.started(), "4 5");
}

TEST(pause, those_that_failed_with_it_are_released_too_before_their_own_time) {
  bench b(options({5s, 10min, 10min}, 4, true));
  for (int i = 1; i <= 3; ++i) b.add(i, std::to_string(i));
  for (int i = 1; i <= 3; ++i) b.fail_paused(i);
  b.pass(5s);
  EXPECT_EQ(b.started(), "1 2 3 1");
  b.fail_paused(1);
  b.pass(10min);
  EXPECT_EQ(b.started(), "1");
  b.deliver(1);
  EXPECT_EQ(b.started(), "2 3");
}

TEST(pause, what_is_in_flight_when_it_begins_is_waited_for_and_may_end_it) {
  bench b(options({5s, 30s}, 2, true));
  b.add(1, "a");
  b.add(2, "b");
  b.add(3, "c");
  b.fail_paused(1);
  EXPECT_EQ(b.started(), "1 2");
  b.pass(5s);
  EXPECT_EQ(b.started(), "") << "number 2 is still in flight";
  b.deliver(2);
  EXPECT_EQ(b.started(), "1 3");
}

TEST(pause, the_oldest_is_tried_even_if_a_younger_one_met_the_trouble) {
  bench b(options({5s, 30s}, 4, true));
  b.add(1, "a");
  b.add(2, "b");
  b.fail(1);
  b.fail_paused(2);
  EXPECT_THAT(b.logged(log_level::warn).back(),
              HasSubstr("evt_2 not delivered: 503 Service Unavailable; next try when"));
  b.started();
  b.pass(5s);
  EXPECT_EQ(b.started(), "1");
  b.deliver(1);
  EXPECT_EQ(b.started(), "2");
}

TEST(pause, retry_after_holds_for_the_whole_sink) {
  bench b(options({5s, 30s}, 4, true));
  b.add(1, "a");
  b.add(2, "b");
  b.fail(1);
  b.fail_paused(2, 60s);
  b.started();
  b.pass(59s);
  EXPECT_EQ(b.started(), "") << "number 1 would be due, but the receiver asked for quiet";
  b.pass(1s);
  EXPECT_EQ(b.started(), "1");
}

TEST(pause, when_the_oldest_is_dead_the_next_one_is_tried) {
  bench b(options({5s}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  b.pass(5s);
  EXPECT_EQ(b.started(), "1 1");
  b.fail_paused(1);
  EXPECT_EQ(b.queue.counts().dead, 1U);
  EXPECT_TRUE(b.queue.counts().paused);
  EXPECT_EQ(b.started(), "2");
}

TEST(pause, what_waits_longer_than_the_schedules_sum_is_dead) {
  bench b(options({10s, 20s}, 4, true));
  b.add(1, "a");
  b.fail_paused(1, 1h);
  b.pass(1s);
  b.add(2, "b");
  b.pass(2s);
  b.add(3, "c");
  b.started();
  EXPECT_EQ(b.queue.next_due(), b.now + 28s + 1ns);
  b.pass(28s);
  EXPECT_EQ(b.queue.counts().dead, 0U);
  b.pass(1ns);
  EXPECT_EQ(b.queue.counts().dead, 1U);
  EXPECT_THAT(b.logged(log_level::error).back(), HasSubstr("evt_2 is lost after it had waited for 30 s (never tried)"));
  b.pass(2s);
  EXPECT_EQ(b.queue.counts().dead, 2U);
  EXPECT_EQ(b.started(), "");
  b.pass(1h);
  EXPECT_EQ(b.started(), "1") << "the one on its own schedule lives";
}

TEST(pause, jitter_does_not_cost_the_oldest_its_last_try) {
  testing::fake_outbox box;
  queue_commands out;
  base::time_point now{1h};
  auto const at = [](base::time_point t) {
    return base::instant{t, testing::at(std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count())};
  };
  queue q(options({10s, 20s}, 4, true), {}, at(now), [] { return 0.99; });
  q.reload({}, at(now), out);
  q.loaded({{}, true}, at(now), out);
  q.add(box.add("oncall", testing::event_numbered(1, "a"), at(now).wall), at(now), out);
  attempt down;
  down.verdict = verdict::retry_paused;
  down.answer = "503 Service Unavailable";
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(out.starts.size(), static_cast<std::size_t>(i + 1));
    now += 15s;  // the try itself takes its time
    q.finished(out.starts.back().number, down, at(now), out);
    if (q.next_due()) now = *q.next_due();
    q.tick(at(now), out);
  }
  EXPECT_EQ(q.counts().dead, 1U);
  EXPECT_EQ(out.starts.size(), 3U);
}

TEST(pause, one_that_a_pause_kept_too_long_gets_no_whole_schedule_of_its_own) {
  bench b(options({10s, 20s}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  b.pass(10s);
  b.fail_paused(1);
  b.pass(20s);
  b.fail_paused(1);  // dead, at 30 s
  EXPECT_EQ(b.started(), "1 1 1 2");
  b.pass(1s);
  b.fail_paused(2);
  EXPECT_EQ(b.queue.counts().dead, 1U) << "that second was a try, no waiting";
  b.pass(10s);
  EXPECT_EQ(b.started(), "2");
  b.fail_paused(2);
  EXPECT_EQ(b.queue.counts().dead, 2U);
}

TEST(pause, of_a_sink_that_does_not_pause_there_is_none) {
  bench b(options({5s}, 4, false));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  EXPECT_EQ(b.started(), "1 2");
  EXPECT_FALSE(b.queue.counts().paused);
}

TEST(pause, outlives_an_empty_queue_and_the_next_event_tries_the_sink) {
  bench b(options({5s}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.pass(5s);
  b.fail_paused(1);
  EXPECT_EQ(b.queue.counts().pending, 0U);
  EXPECT_EQ(b.queue.next_due(), std::nullopt);
  b.started();
  b.add(2, "b");
  b.add(3, "c");
  EXPECT_EQ(b.started(), "2");
  b.deliver(2);
  EXPECT_EQ(b.started(), "3");
}

TEST(pause, at_a_stop_what_waits_behind_it_is_given_up_at_once) {
  bench b(options({5s, 30s}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  b.queue.drain(b.commands);
  EXPECT_EQ(b.queue.counts().unsent, 2U);
  b.add(3, "c");
  EXPECT_EQ(b.queue.counts().unsent, 3U);
  EXPECT_EQ(b.queue.next_due(), std::nullopt);
}

TEST(pause, with_more_behind_it_than_memory_holds_the_oldest_is_still_the_one_that_is_tried) {
  bench b(options({5s, 30s, 30s}, 2, true), 8);
  for (int i = 1; i <= 100; ++i) b.add(i, std::to_string(i));
  b.fail_paused(1);
  b.fail_paused(2);
  b.started();
  b.pass(5s);
  EXPECT_EQ(b.started(), "1");
  b.fail_paused(1);
  b.pass(30s);
  EXPECT_EQ(b.started(), "1");
  b.deliver(1);
  EXPECT_EQ(b.started(), "2 3");
  for (int i = 2; i <= 100; ++i) b.deliver(i);
  EXPECT_EQ(b.outbox.waiting("oncall"), 0U);
}

TEST(pause, goes_on_after_a_restart) {
  bench b(options({5s, 4h}, 4, true));
  b.add(1, "a");
  b.fail_paused(1);
  b.add(2, "b");
  b.pass(5s);
  b.fail_paused(1);
  queue again(options({5s, 4h}, 4, true), b.outbox.memories.at("oncall"), b.instant(), [] { return 0.5; });
  queue_commands out;
  again.reload(b.outbox.memories.at("oncall"), b.instant(), out);
  again.loaded(b.outbox.read_now("oncall", out.read->order, {}, 10), b.instant(), out);
  EXPECT_TRUE(again.counts().paused);
  EXPECT_TRUE(out.starts.empty()) << "number 2 waits behind number 1";
  base::instant later = b.instant();
  later.mono += 4h;
  later.wall += 4h;
  again.tick(later, out);
  ASSERT_EQ(out.starts.size(), 1U);
  EXPECT_EQ(out.starts[0].event->id, "evt_1");
}

TEST(pause, of_a_sink_ends_when_its_settings_change) {
  bench b(options({1h, 1h}, 4, true));
  for (int i = 1; i <= 3; ++i) b.add(i, std::to_string(i));
  b.fail_paused(1);
  b.forget_logs();
  auto const began = b.commands.starts.size();
  b.queue.reconfigure(options({1h, 1h}, 4, true), false, b.instant(), b.commands);
  EXPECT_EQ(b.commands.starts.size(), began) << "nothing has changed";
  b.deliver(2);
  b.fail_paused(3);
  b.queue.reconfigure(options({1h, 1h}, 4, true), true, b.instant(), b.commands);
  EXPECT_FALSE(b.queue.counts().paused);
  EXPECT_TRUE(b.commands.released);
  EXPECT_EQ(b.commands.starts.back().event->id, "evt_3") << "the cause may be mended: not in an hour";
  EXPECT_THAT(b.logged(log_level::info).back(), HasSubstr("has other settings; 1 waiting deliveries follow"));
}

}  // namespace
}  // namespace buildwatch::notify

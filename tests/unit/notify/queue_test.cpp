#include "buildwatch/notify/queue.hpp"

#include <gmock/gmock.h>

#include "unit/notify/bench.hpp"

namespace buildwatch::notify {
namespace {

using namespace std::chrono_literals;
using base::log_level;
using testing::bench;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::options;
using ::testing::SizeIs;

TEST(queue, starts_at_once_and_at_most_concurrency) {
  bench b(options({5s}, 2));
  b.add(1, "a");
  b.add(2, "b");
  b.add(3, "c");
  EXPECT_EQ(b.started(), "1 2");
  EXPECT_EQ(b.queue.next_due(), std::nullopt) << "only a finished try lets the next one start";
  b.deliver(1);
  EXPECT_EQ(b.started(), "3");
  EXPECT_EQ(b.queue.counts().in_flight, 2U);
  EXPECT_EQ(b.queue.counts().delivered, 1U);
}

TEST(queue, of_one_job_never_two_at_once_and_in_order) {
  bench b(options({5s}, 4));
  b.add(1, "a");
  b.add(2, "a");
  b.add(3, "b");
  b.add(4, "a");
  EXPECT_EQ(b.started(), "1 3");
  b.deliver(1);
  EXPECT_EQ(b.started(), "2");
  b.deliver(2);
  EXPECT_EQ(b.started(), "4");
}

TEST(queue, events_of_a_provider_have_an_order_of_their_own) {
  bench b(options({5s}, 4));
  auto const of_provider = [&](char const* id) {
    auto e = testing::event_of_type(model::event_type::provider_unreachable);
    e.id = id;
    b.add(std::make_shared<model::event const>(e));
  };
  b.add(1, "a");
  of_provider("evt_2");
  of_provider("evt_3");
  EXPECT_EQ(b.started(), "1 2");
}

TEST(queue, a_retrying_delivery_does_not_hold_up_later_ones_of_its_job) {
  bench b(options({5s, 30s}));
  b.add(1, "a");
  b.add(2, "a");
  EXPECT_EQ(b.started(), "1");
  b.fail(1);
  EXPECT_EQ(b.started(), "2");
  b.pass(5s);
  EXPECT_EQ(b.started(), "") << "its job is busy";
  b.deliver(2);
  EXPECT_EQ(b.started(), "1");
}

TEST(queue, tries_again_on_the_schedule_and_then_it_is_dead) {
  bench b(options({5s, 30s}));
  b.add(1, "a");
  EXPECT_EQ(b.started(), "1");
  b.fail(1);
  EXPECT_EQ(b.queue.next_due(), b.now + 5s);
  b.pass(4999ms);
  EXPECT_EQ(b.started(), "");
  b.pass(1ms);
  EXPECT_EQ(b.started(), "1");
  b.fail(1);
  b.pass(30s);
  EXPECT_EQ(b.started(), "1");
  b.fail(1);
  EXPECT_EQ(b.queue.next_due(), std::nullopt);
  EXPECT_EQ(b.queue.counts().dead, 1U);
  EXPECT_EQ(b.queue.counts().pending, 0U);
  EXPECT_EQ(b.queue.counts().last_error, "500 Internal Server Error");
  EXPECT_THAT(b.logged(log_level::error),
              ElementsAre("sink oncall: evt_1 is lost after 3 tries (last: 500 Internal Server Error): "
                          "a #42 failed after 1 h 13 min"));
}

TEST(queue, an_empty_schedule_is_one_try) {
  bench b(options({}, 4, true));
  b.add(1, "a");
  b.add(2, "b");
  EXPECT_EQ(b.started(), "1 2");
  b.fail_paused(1);
  EXPECT_EQ(b.queue.counts().dead, 1U);
  EXPECT_FALSE(b.queue.counts().paused) << "nothing would ever be tried again";
  b.deliver(2);
  EXPECT_EQ(b.queue.counts().delivered, 1U);
}

TEST(queue, waits_as_long_as_retry_after_says) {
  bench b(options({5s, 5s}));
  b.add(1, "a");
  b.end(1, verdict::retry, "500 Internal Server Error", 2min);
  EXPECT_EQ(b.queue.next_due(), b.now + 2min);
}

TEST(queue, a_failure_is_logged_once_until_it_changes) {
  bench b(options({5s, 5s, 5s, 5s}));
  b.add(1, "a");
  b.fail(1, "connect: refused");
  EXPECT_THAT(b.logged(log_level::warn),
              ElementsAre("sink oncall: evt_1 not delivered: connect: refused; next try in 5 s"));
  b.forget_logs();
  b.pass(5s);
  b.fail(1, "connect: refused");
  EXPECT_THAT(b.logged(log_level::warn), IsEmpty());
  b.pass(5s);
  b.fail(1, "500 Internal Server Error");
  EXPECT_THAT(b.logged(log_level::warn), SizeIs(1));
  b.pass(5s);
  b.deliver(1);
  EXPECT_THAT(b.logged(log_level::info), ElementsAre("sink oncall: evt_1 delivered at try 4: 204 No Content"));
}

TEST(queue, a_failure_that_many_events_meet_is_one_line_an_hour_and_one_at_its_end) {
  bench b(options({45min, 45min, 45min}));
  for (int i = 1; i <= 5; ++i) b.add(i, std::string(1, static_cast<char>('a' + i)));
  for (int i = 1; i <= 4; ++i) b.fail(i, "500");
  EXPECT_THAT(b.logged(log_level::warn), SizeIs(1));
  b.pass(55min);
  for (int i = 1; i <= 4; ++i) b.fail(i, "500");
  EXPECT_THAT(b.logged(log_level::warn), SizeIs(1));
  b.pass(55min);
  for (int i = 1; i <= 4; ++i) b.fail(i, "500");
  EXPECT_THAT(b.logged(log_level::warn), SizeIs(2)) << "an hour has passed";
  b.deliver(5);
  EXPECT_THAT(b.logged(log_level::info), ElementsAre("sink oncall: works again"));
}

TEST(queue, a_delivery_without_trouble_is_told_at_debug_only) {
  bench b(options({5s}));
  b.add(1, "a");
  b.deliver(1);
  EXPECT_THAT(b.logged(log_level::debug), ElementsAre("sink oncall: evt_1 delivered: 204 No Content"));
  EXPECT_THAT(b.commands.logs, SizeIs(1));
}

TEST(queue, gone_disables_the_sink_and_what_it_is_owed_is_to_be_buried) {
  bench b(options({5s}, 2));
  for (int i = 1; i <= 40; ++i) b.add(i, std::to_string(i));
  b.end(1, verdict::gone, "410 Gone");
  EXPECT_TRUE(b.queue.counts().disabled);
  EXPECT_TRUE(b.commands.bury);
  EXPECT_EQ(b.queue.counts().pending, 0U);
  EXPECT_EQ(b.started(), "1 2");
  EXPECT_THAT(b.logged(log_level::error),
              ElementsAre(HasSubstr("410 Gone: the receiver wants nothing more"), HasSubstr("evt_1 is lost")));
  b.fail(2);
  EXPECT_EQ(b.outbox.waiting("oncall"), 38U) << "what was in flight is not tried again";
  EXPECT_EQ(b.queue.next_due(), std::nullopt);
}

TEST(queue, what_comes_after_gone_is_dead_at_once_and_does_not_flood_the_log) {
  bench b(options({5s}));
  b.add(1, "a");
  b.end(1, verdict::gone, "410 Gone");
  b.forget_logs();
  for (int i = 2; i <= 1001; ++i) b.add(i, "a");
  EXPECT_EQ(b.outbox.waiting("oncall"), 0U);
  EXPECT_EQ(b.outbox.rows.at(500).fate, fate::dead);
  EXPECT_EQ(b.started(), "1");
  EXPECT_THAT(b.logged(log_level::error), SizeIs(4)) << "1, 10, 100, 1000";
}

TEST(queue, what_does_not_fit_in_memory_waits_in_the_outbox_and_comes_in_order) {
  bench b(options({5s}, 1), 8);
  for (int i = 1; i <= 100; ++i) b.add(i, "a");
  EXPECT_LE(b.queue.counts().pending, 8U);
  EXPECT_TRUE(b.queue.counts().more);
  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(b.started(), std::to_string(i));
    b.deliver(i);
  }
  EXPECT_EQ(b.outbox.waiting("oncall"), 0U);
}

TEST(queue, while_a_page_is_read_nothing_overtakes_what_is_in_it) {
  bench b(options({5s}, 4));
  b.outbox.add("oncall", testing::event_numbered(1, "a"), b.instant().wall);
  b.queue.reload({}, b.instant(), b.commands);
  b.queue.add(b.outbox.add("oncall", testing::event_numbered(2, "a"), b.instant().wall), b.instant(), b.commands);
  EXPECT_EQ(b.started(), "");
  b.keep();
  EXPECT_EQ(b.started(), "1");
  b.deliver(1);
  EXPECT_EQ(b.started(), "2");
}

TEST(queue, a_delivery_due_in_hours_is_due_at_the_same_time_after_a_restart) {
  bench b(options({4h, 8h}));
  b.add(1, "a");
  b.fail(1);
  b.pass(1h);
  queue again(options({4h, 8h}), {}, b.instant(), [] { return 0.5; });
  queue_commands out;
  again.reload({}, b.instant(), out);
  ASSERT_TRUE(out.read);
  again.loaded(b.outbox.read_now("oncall", out.read->order, out.read->after, out.read->limit), b.instant(), out);
  EXPECT_TRUE(out.starts.empty());
  EXPECT_EQ(again.next_due(), b.now + 3h);
}

TEST(queue, a_wall_clock_set_back_makes_nobody_wait_for_longer_than_any_schedule_does) {
  bench b(options({5s}));
  b.add(1, "a");
  b.fail(1);
  base::instant back = b.instant();
  back.wall -= std::chrono::years(1);
  queue again(options({5s}), {}, back, [] { return 0.5; });
  queue_commands out;
  again.reload({}, back, out);
  again.loaded(b.outbox.read_now("oncall", reading::by_due, {}, 10), back, out);
  EXPECT_EQ(again.next_due(), b.now + 24h);
}

TEST(queue, what_an_administrator_dropped_while_it_was_in_flight_is_not_tried_again) {
  bench b(options({5s, 5s}));
  b.add(1, "a");
  b.outbox.rows.clear();
  b.queue.reload({}, b.instant(), b.commands);
  b.keep();
  b.fail(1);
  b.pass(1h);
  EXPECT_EQ(b.started(), "1");
  EXPECT_EQ(b.queue.counts().pending, 0U);
}

TEST(queue, after_a_reload_a_disabled_sink_is_asked_again) {
  bench b(options({5s}));
  b.add(1, "a");
  b.end(1, verdict::gone, "410 Gone");
  b.queue.reconfigure(options({5s}), false, b.instant(), b.commands);
  b.keep();
  b.add(2, "b");
  EXPECT_EQ(b.started(), "1 2");
}

TEST(queue, what_is_dead_goes_to_its_fallback_and_the_log_says_so) {
  auto how = options({});
  how.fallback = "console";
  bench b(how);
  b.add(1, "a");
  b.fail(1);
  EXPECT_THAT(b.logged(log_level::error).back(),
              HasSubstr("evt_1 is left to console: it is dead here after 1 try (last: 500 Internal Server Error)"));
  EXPECT_EQ(b.outbox.waiting("console"), 1U);
}

TEST(queue, draining_lets_what_is_ready_go_and_gives_up_what_waits_for_a_later_try) {
  bench b(options({5s}, 1));
  b.add(1, "a");
  b.add(2, "b");
  b.add(3, "c");
  b.fail(1);
  b.queue.drain(b.commands);
  EXPECT_THAT(
      b.logged(log_level::warn).back(),
      "sink oncall: evt_1 unsent at the stop, sent after the next start (last: 500 Internal Server Error): a #42 "
      "failed after 1 h 13 min");
  b.deliver(2);
  EXPECT_EQ(b.started(), "1 2 3");
  b.fail(3);
  EXPECT_EQ(b.queue.counts().unsent, 2U) << "a failed try is not repeated any more";
  EXPECT_EQ(b.queue.counts().pending + b.queue.counts().in_flight, 0U);
  EXPECT_EQ(b.queue.next_due(), std::nullopt);
}

TEST(queue, stopping_starts_nothing_more_and_names_what_is_unsent_within_bounds) {
  bench b(options({5s}, 1));
  for (int i = 1; i <= 31; ++i) b.add(i, std::to_string(i));
  b.queue.stop(b.commands);
  EXPECT_THAT(b.logged(log_level::warn), SizeIs(21));
  EXPECT_EQ(b.logged(log_level::warn).back(),
            "sink oncall: 10 more events unsent at the stop, sent after the next start");
  b.end(1, verdict::stopped, "");
  EXPECT_THAT(b.logged(log_level::warn).back(),
              HasSubstr("evt_1 unsent at the stop, sent after the next start (never tried)"));
  EXPECT_EQ(b.started(), "1");
  EXPECT_EQ(b.queue.counts().unsent, 31U);
  b.add(32, "x");
  EXPECT_EQ(b.started(), "");
  EXPECT_EQ(b.queue.counts().unsent, 32U);
}

TEST(queue, a_window_may_be_smaller_than_what_is_in_flight) {
  bench b(options({5s}, 6), 4);
  for (int i = 1; i <= 6; ++i) b.add(i, std::to_string(i));
  EXPECT_EQ(b.started(), "1 2 3 4 5");
  for (int i = 1; i <= 5; ++i) b.deliver(i);
  EXPECT_EQ(b.started(), "6");
  b.deliver(6);
  EXPECT_EQ(b.queue.counts().delivered, 6U);
  EXPECT_EQ(b.queue.counts().pending, 0U);
}

TEST(queue, what_failed_while_a_page_was_read_hides_nothing_that_is_due_before_it) {
  base::instant now{base::time_point{1h}, testing::at(0)};
  queue q(
      options({500s, 500s}, 8), {}, now, [] { return 0.5; }, 8);
  auto const row = [&](int number, base::duration due) {
    owed o;
    o.number = static_cast<delivery_number>(number);
    o.event = testing::event_numbered(number, std::to_string(number));
    o.added = testing::at(0);
    o.due = testing::at(0) + std::chrono::duration_cast<std::chrono::milliseconds>(due);
    return o;
  };
  queue_commands out;
  q.reload({}, now, out);
  page first, second;
  for (int n = 1; n <= 8; ++n) first.rows.push_back(row(n, 0s));
  for (int n = 9; n <= 12; ++n) second.rows.push_back(row(n, n * 1s));
  q.loaded(first, now, out);
  ASSERT_THAT(out.starts, SizeIs(8));
  attempt refused;
  refused.answer = "500 Internal Server Error";
  out.read.reset();
  for (delivery_number n = 1; n <= 8; ++n) q.finished(n, refused, now, out);
  ASSERT_TRUE(out.read) << "while the next page is read, some more fail";
  out.read.reset();
  q.loaded(second, now, out);
  q.add(row(13, 0s), now, out);  // one too many in memory
  attempt well;
  well.verdict = verdict::delivered;
  q.finished(13, well, now, out);
  now = {now.mono + 9s, now.wall + 9s};
  q.tick(now, out);
  q.finished(9, well, now, out);
  ASSERT_TRUE(out.read);
  EXPECT_EQ(out.read->after->number, 12U) << "what is due from then on is in the outbox";
}

TEST(queue, what_was_due_before_the_machine_started_keeps_its_whole_schedule) {
  base::instant const booted{base::time_point{5s}, testing::at(0)};  // the clock of intervals has just begun
  queue q(options({10s, 10s}), {}, booted, [] { return 0.5; });
  owed old;
  old.number = 1;
  old.event = testing::event_numbered(1, "a");
  old.tries = 1;
  old.added = booted.wall - 2h;
  old.due = booted.wall - 1h;
  page only;
  only.rows = {old};
  only.last = true;
  queue_commands out;
  q.reload({}, booted, out);
  q.loaded(only, booted, out);
  ASSERT_THAT(out.starts, SizeIs(1));
  attempt refused;
  refused.answer = "500 Internal Server Error";
  q.finished(1, refused, booted, out);
  ASSERT_THAT(out.changes, SizeIs(1));
  EXPECT_EQ(out.changes[0].fate, fate::retry) << "it dies of age in a pause alone";
}

TEST(queue, what_is_in_flight_at_the_stop_may_still_get_through) {
  bench b(options({5s}, 1));
  b.add(1, "a");
  b.queue.stop(b.commands);
  b.deliver(1);
  EXPECT_EQ(b.queue.counts().delivered, 1U);
  EXPECT_EQ(b.queue.counts().unsent, 0U);
}

}  // namespace
}  // namespace buildwatch::notify

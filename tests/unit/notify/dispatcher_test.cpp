// The delivery loop, turned by hand: a polled io_context, a clock set by hand, sinks that answer when told to.
#include "buildwatch/notify/dispatcher.hpp"

#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "unit/notify/events.hpp"
#include "unit/notify/fake_outbox.hpp"
#include "unit/support/fakes.hpp"

namespace buildwatch::notify {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class fake_sink final : public sink {
 public:
  explicit fake_sink(boost::asio::io_context& loop) : loop_(loop) {}

  boost::asio::awaitable<attempt> deliver(delivery const& what) override {
    seen.push_back(what.event.id);
    times.push_back(what.now.mono);
    if (throws) throw std::runtime_error("bug");
    if (stopped) co_return answer(verdict::stopped);
    boost::asio::steady_timer held(loop_, boost::asio::steady_timer::time_point::max());
    held_.push_back(&held);
    co_await held.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return answer(stopped ? verdict::stopped : next);
  }
  void stop() override {
    stopped = true;
    while (!held_.empty()) let_go();
  }
  /// Ends the oldest try under way.
  void let_go(verdict v = verdict::delivered) {
    next = v;
    ASSERT_FALSE(held_.empty());
    held_.front()->cancel();
    held_.pop_front();
  }

  std::vector<std::string> seen;
  std::vector<base::time_point> times;
  verdict next = verdict::delivered;
  bool stopped = false, throws = false;

 private:
  static attempt answer(verdict v) {
    attempt a;
    a.verdict = v;
    a.answer = v == verdict::delivered ? "ok" : "no";
    return a;
  }
  boost::asio::io_context& loop_;
  std::deque<boost::asio::steady_timer*> held_;
};

class dispatching : public ::testing::Test {
 protected:
  dispatching() {
    for (auto* s : {&first, &second}) {
      delivery_options how;
      how.name = s == &first ? "first" : "second";
      how.retry = {5s, 30s};
      how.concurrency = 2;
      to.push_back({how, std::shared_ptr<sink>(s, [](sink*) {})});
    }
    make();
  }
  void make() {
    dispatcher_parts parts{loop.get_executor(), clock, alarms, log, outbox, [] { return 0.5; }};
    under_test = std::make_unique<dispatcher>(std::move(parts), to);
    under_test->start();
    turn();
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  void pass(base::duration by) {
    clock.advance(by);
    alarms.run(clock.now().mono);
    turn();
  }
  void send(int number, std::vector<sink_index> const& sinks) {
    auto const event = testing::event_numbered(number, std::to_string(number));
    std::vector<created> made;
    for (sink_index const i : sinks) {
      made.push_back({to[i].how.name, outbox.add(to[i].how.name, event, clock.now().wall)});
    }
    under_test->add(std::move(made));
    turn();
  }
  void stop(base::duration grace) {
    under_test->stop(clock.now().mono + grace, [this] { ++ends; });
    EXPECT_EQ(ends, 0) << "never from within the call";
    turn();
  }

  testing::manual_clock clock;
  testing::idle_waker waker;
  base::alarms alarms{waker};
  testing::remembered_log log;
  testing::fake_outbox outbox;
  boost::asio::io_context loop;
  fake_sink first{loop}, second{loop};
  std::vector<destination> to;
  std::unique_ptr<dispatcher> under_test;
  int ends = 0;
};

TEST_F(dispatching, an_event_goes_to_the_sinks_that_are_owed_it) {
  send(1, {0, 1});
  send(2, {1});
  EXPECT_THAT(first.seen, ElementsAre("evt_1"));
  EXPECT_THAT(second.seen, ElementsAre("evt_1", "evt_2"));
  first.let_go();
  turn();
  EXPECT_EQ(under_test->counts(0).delivered, 1U);
  EXPECT_EQ(under_test->counts(1).in_flight, 2U);
}

TEST_F(dispatching, a_slow_sink_delays_only_itself) {
  for (int i = 1; i <= 5; ++i) send(i, {0, 1});
  for (int i = 1; i <= 5; ++i) {
    second.let_go();
    turn();
  }
  EXPECT_EQ(under_test->counts(0).delivered, 0U);
  EXPECT_EQ(under_test->counts(1).delivered, 5U);
  EXPECT_EQ(first.seen.size(), 2U) << "its concurrency";
}

TEST_F(dispatching, a_failed_try_is_repeated_when_its_time_has_come) {
  send(1, {0});
  first.let_go(verdict::retry);
  turn();
  pass(4s);
  EXPECT_EQ(first.seen.size(), 1U);
  pass(1s);
  EXPECT_THAT(first.seen, ElementsAre("evt_1", "evt_1"));
  EXPECT_EQ(first.times.back() - first.times.front(), 5s);
  first.let_go();
  turn();
  EXPECT_EQ(under_test->counts(0).delivered, 1U);
  EXPECT_EQ(outbox.waiting("first"), 0U);
}

TEST_F(dispatching, a_sink_that_throws_is_named_and_the_event_is_still_owed) {
  first.throws = true;
  send(1, {0});
  EXPECT_THAT(log.text(), HasSubstr("internal.error: task deliver to first: bug"));
  first.throws = false;
  pass(5s);
  first.let_go();
  turn();
  EXPECT_EQ(under_test->counts(0).delivered, 1U);
}

TEST_F(dispatching, stopping_with_nothing_to_do_ends_at_once) {
  stop(1s);
  EXPECT_EQ(ends, 1);
  EXPECT_TRUE(first.stopped);
  EXPECT_TRUE(second.stopped);
  EXPECT_EQ(alarms.size(), 0U) << "nothing holds the loop";
}

TEST_F(dispatching, stopping_without_sinks_ends_at_once) {
  to.clear();
  make();
  stop(1s);
  EXPECT_EQ(ends, 1);
}

TEST_F(dispatching, what_is_under_way_or_ready_at_a_stop_may_finish_in_the_grace) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  stop(10s);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(ends, 0);
    first.let_go();
    turn();
  }
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(under_test->counts(0).delivered, 3U);
  EXPECT_THAT(log.text(), ::testing::Not(HasSubstr("unsent")));
}

TEST_F(dispatching, at_the_end_of_the_grace_sinks_are_stopped_and_every_loss_is_named) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  stop(10s);
  pass(10s);
  EXPECT_EQ(ends, 1);
  EXPECT_TRUE(first.stopped);
  for (auto const* lost : {"evt_1 unsent", "evt_2 unsent", "evt_3 unsent"}) EXPECT_THAT(log.text(), HasSubstr(lost));
  pass(10s);
  EXPECT_EQ(ends, 1) << "once";
}

TEST_F(dispatching, what_waits_for_a_later_try_is_left_for_the_next_start_at_a_stop) {
  send(1, {0});
  first.let_go(verdict::retry);
  turn();
  stop(60s);
  EXPECT_EQ(ends, 1);
  EXPECT_THAT(log.text(), HasSubstr("evt_1 unsent"));
}

TEST_F(dispatching, of_many_left_at_a_stop_the_rest_is_counted) {
  for (int number = 1; number <= 30; ++number) {
    send(number, {0});
    first.let_go(verdict::retry);
    turn();
  }
  stop(60s);
  EXPECT_EQ(ends, 1);
  EXPECT_THAT(log.text(), HasSubstr("evt_20 unsent"));
  EXPECT_THAT(log.text(), HasSubstr("10 more events unsent"));
}

TEST_F(dispatching, giving_up_stops_the_sinks_and_names_what_they_were_sending) {
  send(1, {0});
  send(2, {0});
  stop(60s);
  under_test->give_up();
  turn();
  EXPECT_TRUE(first.stopped);
  EXPECT_EQ(ends, 1);
  EXPECT_THAT(log.text(), HasSubstr("evt_1 unsent"));
  EXPECT_THAT(log.text(), HasSubstr("evt_2 unsent"));
}

TEST_F(dispatching, an_event_that_comes_while_stopping_is_not_lost_in_silence) {
  send(1, {0});
  stop(10s);
  send(2, {1});
  EXPECT_THAT(log.text(), HasSubstr("evt_2 unsent"));
  first.let_go();
  turn();
  EXPECT_EQ(ends, 1);
}

TEST_F(dispatching, may_go_away_while_something_is_under_way) {
  send(1, {0});
  under_test.reset();
  EXPECT_EQ(alarms.size(), 0U);
  first.let_go();
  turn();
}

TEST_F(dispatching, what_an_earlier_run_left_is_delivered_first) {
  for (int i = 1; i <= 3; ++i) {
    static_cast<void>(outbox.add("first", testing::event_numbered(i, "a"), clock.now().wall));
  }
  make();
  send(4, {0});
  EXPECT_THAT(first.seen, ElementsAre("evt_1", "evt_4")) << "its concurrency is 2, and of job a one at a time";
}

TEST_F(dispatching, what_is_owed_to_a_sink_that_is_none_any_more_is_dead) {
  static_cast<void>(outbox.add("third", testing::event_numbered(1, "a"), clock.now().wall));
  make();
  EXPECT_EQ(outbox.waiting("third"), 0U);
  EXPECT_EQ(outbox.rows.at(1).why, "as the sink was removed from the configuration");
  EXPECT_THAT(log.text(), HasSubstr("sink third: evt_1 is lost as the sink was removed from the configuration"));
}

TEST_F(dispatching, while_the_outbox_fails_deliveries_go_on_and_are_recorded_later) {
  send(1, {0});
  send(2, {0});
  send(3, {0});
  outbox.broken = true;
  for (int i = 0; i < 3; ++i) {
    first.let_go();
    turn();
  }
  EXPECT_EQ(first.seen.size(), 3U);
  EXPECT_EQ(outbox.waiting("first"), 3U);
  for (int i = 0; i < 90; ++i) pass(1s);
  EXPECT_THAT(log.text(), HasSubstr("outbox.failed"));
  EXPECT_EQ(std::ranges::count(log.events, "outbox.failed", &base::log_event::id), 2) << "once a minute";
  outbox.broken = false;
  pass(1s);
  EXPECT_EQ(outbox.waiting("first"), 0U);
  EXPECT_EQ(first.seen.size(), 3U) << "and none is repeated";
}

TEST_F(dispatching, a_sink_that_is_gone_for_good_has_all_it_is_owed_buried_and_sent_to_its_fallback) {
  to[0].how.fallback = "second";
  make();
  for (int i = 1; i <= 30; ++i) send(i, {0});
  first.let_go(verdict::gone);
  turn();
  first.let_go(verdict::retry);
  turn();
  EXPECT_EQ(outbox.waiting("first"), 0U);
  EXPECT_EQ(outbox.waiting("second"), 30U);
  EXPECT_THAT(log.text(), HasSubstr("8 more events: each is left to second: it is dead here as the sink is disabled"));
  EXPECT_THAT(second.seen, ElementsAre("evt_1", "evt_3"));
}

TEST_F(dispatching, what_has_waited_for_long_goes_to_the_fallback_too_once) {
  to[0].how.fallback = "second";
  to[0].how.fallback_after = 1h;
  to[0].how.retry = {5h, 5h};
  make();
  send(1, {0});
  first.let_go(verdict::retry);
  turn();
  pass(30min);
  send(2, {0});
  first.let_go(verdict::retry);
  turn();
  pass(30min);
  EXPECT_THAT(second.seen, ElementsAre("evt_1"));
  EXPECT_THAT(log.text(), HasSubstr("sink first: evt_1 has waited for 1 h and goes to second too"));
  pass(30min);
  EXPECT_THAT(second.seen, ElementsAre("evt_1", "evt_2"));
  pass(3h);
  EXPECT_EQ(second.seen.size(), 2U);
}

TEST_F(dispatching, a_change_by_somebody_else_is_seen_within_a_second) {
  send(1, {0});
  first.let_go(verdict::retry);
  turn();
  outbox.rows.at(1).what.due = clock.now().wall;  // buildwatchd outbox retry
  outbox.changed = true;
  pass(1s);
  EXPECT_THAT(first.seen, ElementsAre("evt_1", "evt_1"));
}

TEST_F(dispatching, a_change_by_somebody_else_while_a_page_is_waited_for_loses_nothing) {
  static_cast<void>(outbox.add("first", testing::event_numbered(1, "a"), clock.now().wall));
  outbox.unreadable = true;
  make();
  outbox.changed = true;
  pass(1s);
  outbox.unreadable = false;
  pass(1s);
  EXPECT_THAT(first.seen, ElementsAre("evt_1"));
}

TEST_F(dispatching, a_removed_sink_finishes_what_is_under_way_and_the_rest_is_dead) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  under_test->reconfigure({to[1]});
  turn();
  EXPECT_FALSE(first.stopped);
  EXPECT_EQ(outbox.rows.at(3).why, "as the sink was removed from the configuration");
  first.let_go();
  turn();
  EXPECT_EQ(outbox.rows.at(1).fate, fate::delivered);
  first.let_go(verdict::retry);
  turn();
  EXPECT_EQ(outbox.rows.at(2).why, "as the sink was removed from the configuration");
  EXPECT_TRUE(first.stopped);
  EXPECT_THAT(log.text(), ::testing::Not(HasSubstr("unsent")));
  EXPECT_EQ(under_test->counts(0).delivered, 0U) << "sinks count anew: this is the second";
}

TEST_F(dispatching, what_is_owed_to_a_removed_sink_is_left_to_no_fallback_and_the_log_does_not_say_so) {
  to[0].how.fallback = "second";
  make();
  for (int i = 1; i <= 3; ++i) send(i, {0});
  under_test->reconfigure({to[1]});
  turn();
  EXPECT_EQ(outbox.waiting("second"), 0U);
  EXPECT_THAT(log.text(), HasSubstr("sink first: evt_3 is lost as the sink was removed from the configuration"));
}

TEST_F(dispatching, a_removed_sink_that_comes_back_at_once_loses_nothing_and_repeats_nothing) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  under_test->reconfigure({to[1]});
  destination back = to[0];
  back.sink = to[1].sink;
  under_test->reconfigure({back, to[1]});
  turn();
  send(4, {0});
  EXPECT_THAT(second.seen, ElementsAre()) << "what the old one still sends is not sent by the new one as well";
  first.let_go(verdict::delivered);
  turn();
  first.let_go(verdict::retry);
  turn();
  EXPECT_THAT(second.seen, ElementsAre("evt_3", "evt_4"));
  second.let_go();
  turn();
  second.let_go();
  turn();
  pass(5s);
  EXPECT_THAT(second.seen, ElementsAre("evt_3", "evt_4", "evt_2")) << "its try failed; it is owed all the same";
  EXPECT_THAT(log.text(), ::testing::Not(HasSubstr("removed from the configuration")));
}

TEST_F(dispatching, what_was_being_stored_for_a_sink_when_it_was_removed_is_dead) {
  under_test->reconfigure({to[1]});
  send(1, {0});
  EXPECT_EQ(outbox.rows.at(1).why, "as the sink was removed from the configuration");
}

TEST_F(dispatching, a_changed_sink_goes_on_with_its_deliveries_by_the_new_object) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  auto changed = std::exchange(to, {});  // nobody but the dispatcher holds the sinks
  changed[0].sink = changed[1].sink;
  under_test->reconfigure(changed);
  turn();
  EXPECT_FALSE(first.stopped) << "it still sends";
  first.let_go();
  turn();
  EXPECT_THAT(second.seen, ElementsAre("evt_3"));
  first.let_go();
  turn();
  EXPECT_TRUE(first.stopped);
}

TEST_F(dispatching, a_reload_that_changes_nothing_disturbs_nothing) {
  for (int i = 1; i <= 3; ++i) send(i, {0});
  under_test->reconfigure(to);
  turn();
  for (int i = 1; i <= 3; ++i) {
    first.let_go();
    turn();
  }
  EXPECT_THAT(first.seen, ElementsAre("evt_1", "evt_2", "evt_3"));
  EXPECT_EQ(outbox.waiting("first"), 0U);
}

TEST_F(dispatching, ten_thousand_events_for_a_sink_that_is_down_are_not_held_in_memory) {
  to[0].how.pauses = true;
  to[0].how.retry = {1h, 1h};
  make();
  send(1, {0});
  first.let_go(verdict::retry_paused);
  turn();
  for (int i = 2; i <= 10'000; ++i) {
    under_test->add({{"first", outbox.add("first", testing::event_numbered(i, std::to_string(i)), clock.now().wall)}});
  }
  turn();
  EXPECT_LE(under_test->counts(0).pending, 1000U);
  EXPECT_TRUE(under_test->counts(0).more);
}

}  // namespace
}  // namespace buildwatch::notify

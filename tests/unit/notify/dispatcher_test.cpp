// The delivery loop, turned by hand: a polled io_context, a clock set by hand, sinks that answer when told to.
#include "buildwatch/notify/dispatcher.hpp"

#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "unit/notify/events.hpp"
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
      to.push_back({how, s});
    }
    make();
  }
  void make() {
    dispatcher_parts parts{loop.get_executor(), clock, alarms, log, [] { return 0.5; }};
    under_test = std::make_unique<dispatcher>(std::move(parts), to);
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
    under_test->send(testing::event_numbered(number, std::to_string(number)), sinks);
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
  EXPECT_EQ(alarms.next(), clock.now().mono + 5s);
  pass(4s);
  EXPECT_EQ(first.seen.size(), 1U);
  pass(1s);
  EXPECT_THAT(first.seen, ElementsAre("evt_1", "evt_1"));
  EXPECT_EQ(first.times.back() - first.times.front(), 5s);
  first.let_go();
  turn();
  EXPECT_EQ(under_test->counts(0).delivered, 1U);
  EXPECT_EQ(alarms.size(), 0U);
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

TEST_F(dispatching, what_waits_for_a_later_try_is_given_up_at_a_stop) {
  send(1, {0});
  first.let_go(verdict::retry);
  turn();
  stop(60s);
  EXPECT_EQ(ends, 1);
  EXPECT_THAT(log.text(), HasSubstr("evt_1 unsent"));
}

TEST_F(dispatching, of_many_given_up_at_a_stop_the_rest_is_counted) {
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

}  // namespace
}  // namespace buildwatch::notify

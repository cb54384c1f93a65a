// Look-ups that answer, fail, hang and are shared. The loop's time is set by hand; threads are real, and held by
// latches.
#include "buildwatch/net/resolver.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "unit/support/fakes.hpp"

namespace buildwatch::net {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using answer = base::result<resolver::addresses>;

/// Outlives the test's resolver as long as a thread needs it.
struct lookups {
  std::mutex guard;
  std::condition_variable changed;
  std::set<std::string> held;  // names whose look-up hangs
  std::multiset<std::string> called;
  unsigned returned = 0;

  answer operator()(std::string const& host) {
    std::unique_lock lock(guard);
    called.insert(host);
    changed.notify_all();
    changed.wait(lock, [&] { return !held.contains(host); });
    ++returned;
    changed.notify_all();
    if (host == "unknown.example") return base::error{"Name or service not known"};
    if (host == "empty.example") return resolver::addresses();
    if (host == "throws.example") throw std::runtime_error("out of luck");
    return resolver::addresses{make_address("192.0.2.1"), make_address("2001:db8::1")};
  }
  void release(std::string const& host) {
    std::lock_guard const lock(guard);
    held.erase(host);
    changed.notify_all();
  }
  std::size_t calls(std::string const& host) {
    std::lock_guard const lock(guard);
    return called.count(host);
  }
  void await_calls(std::size_t count) {
    std::unique_lock lock(guard);
    changed.wait(lock, [&] { return called.size() >= count; });
  }
  void await_returns(unsigned count) {
    std::unique_lock lock(guard);
    changed.wait(lock, [&] { return returned >= count; });
  }
};

struct bench {
  boost::asio::io_context loop{1};
  testing::idle_waker waker;
  base::alarms alarms{waker};
  testing::manual_clock clock;
  std::shared_ptr<lookups> names = std::make_shared<lookups>();
  std::optional<resolver> under_test;

  bench() {
    under_test.emplace(loop.get_executor(), alarms,
                       [names = names](std::string const& host) { return (*names)(host); });
  }
  ~bench() {
    under_test.reset();
    loop.restart();
    loop.poll();
    std::lock_guard const lock(names->guard);
    names->held.clear();
    names->changed.notify_all();
  }

  static boost::asio::awaitable<void> task(resolver& with, std::string host, base::time_point deadline,
                                           void const* owner, std::shared_ptr<std::optional<answer>> into) {
    *into = co_await with.resolve(std::move(host), deadline, owner);
  }
  std::shared_ptr<std::optional<answer>> ask(std::string host, base::duration within = 10s,
                                             void const* owner = nullptr) {
    auto into = std::make_shared<std::optional<answer>>();
    boost::asio::co_spawn(loop, task(*under_test, std::move(host), clock.at.mono + within, owner, into),
                          [](std::exception_ptr failed) {
                            if (failed) std::rethrow_exception(failed);
                          });
    turn();
    return into;
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  /// Runs the loop until `into` is there; a look-up's thread brings it.
  void until(std::shared_ptr<std::optional<answer>> const& into) {
    auto const work = boost::asio::make_work_guard(loop);
    loop.restart();
    while (!into->has_value()) loop.run_one();
  }
  void pass(base::duration time) {
    clock.advance(time);
    alarms.run(clock.at.mono);
    turn();
  }
};

TEST(Resolver, AnswersWithWhatTheLookupFound) {
  bench b;
  auto const found = b.ask("a.example");
  b.until(found);
  ASSERT_TRUE(**found);
  EXPECT_EQ((**found)->size(), 2U);
  EXPECT_EQ(b.alarms.size(), 0U);
}

TEST(Resolver, AnAddressNeedsNoLookup) {
  bench b;
  for (std::string const host : {"127.0.0.1", "::1"}) {
    auto const found = b.ask(host);
    ASSERT_TRUE(found->has_value() && **found);
    EXPECT_EQ((**found)->front(), make_address(host));
  }
  EXPECT_TRUE(b.names->called.empty());
}

TEST(Resolver, SaysWhyALookupFailed) {
  bench b;
  struct {
    char const* host;
    char const* text;
  } const table[] = {{"unknown.example", "look-up of unknown.example: Name or service not known"},
                     {"empty.example", "look-up of empty.example: no address found"},
                     {"throws.example", "look-up of throws.example: out of luck"}};
  for (auto const& row : table) {
    auto const found = b.ask(row.host);
    b.until(found);
    ASSERT_FALSE(**found);
    EXPECT_EQ((*found)->error().text, row.text);
  }
}

TEST(Resolver, CallersOfOneNameShareOneLookup) {
  bench b;
  b.names->held = {"a.example"};
  auto const first = b.ask("a.example");
  auto const second = b.ask("a.example");
  b.names->await_calls(1);
  b.names->release("a.example");
  b.until(first);
  b.turn();
  ASSERT_TRUE(second->has_value() && **second);
  EXPECT_EQ(b.names->calls("a.example"), 1U);
  auto const later = b.ask("a.example");
  b.until(later);
  EXPECT_EQ(b.names->calls("a.example"), 2U) << "nothing is cached";
}

TEST(Resolver, AHangingLookupHoldsUpNoOtherName) {
  bench b;
  b.names->held = {"hangs.example"};
  auto const stuck = b.ask("hangs.example");
  auto const quick = b.ask("a.example");
  b.until(quick);
  EXPECT_TRUE(**quick);
  EXPECT_FALSE(stuck->has_value());
}

TEST(Resolver, IsGivenUpAtItsDeadline) {
  bench b;
  b.names->held = {"hangs.example"};
  auto const brief = b.ask("hangs.example", 2s);
  auto const patient = b.ask("hangs.example", 5s);
  b.pass(1999ms);
  EXPECT_FALSE(brief->has_value());
  b.pass(1ms);
  ASSERT_TRUE(brief->has_value());
  EXPECT_EQ((*brief)->error().text, "look-up of hangs.example timed out");
  EXPECT_FALSE(patient->has_value());
  b.names->release("hangs.example");
  b.until(patient);
  EXPECT_TRUE(**patient);
}

TEST(Resolver, DoesNotWaitForAThreadWhenItEnds) {
  auto const stuck = [] {
    bench b;
    b.names->held = {"hangs.example"};
    auto const into = b.ask("hangs.example");
    b.names->await_calls(1);
    b.under_test.reset();
    b.turn();
    EXPECT_TRUE(into->has_value());
    return into;
  }();
  EXPECT_EQ((*stuck)->error().text, "look-up of hangs.example was stopped");
}

TEST(Resolver, ALateResultTouchesNothingThatIsGone) {
  auto names = std::make_shared<lookups>();
  names->held = {"late.example"};
  {
    bench b;
    b.under_test.emplace(b.loop.get_executor(), b.alarms, [names](std::string const& host) { return (*names)(host); });
    b.ask("late.example");
    names->await_calls(1);
  }
  names->release("late.example");  // the loop, the alarms and the resolver are gone
  names->await_returns(1);
}

TEST(Resolver, AbandonEndsTheWaitsOfOneOwnerOnly) {
  bench b;
  int mine = 0;
  int theirs = 0;
  b.names->held = {"hangs.example"};
  auto const ended = b.ask("hangs.example", 10s, &mine);
  auto const going = b.ask("hangs.example", 10s, &theirs);
  b.under_test->abandon(&mine);
  b.turn();
  ASSERT_TRUE(ended->has_value());
  EXPECT_EQ((*ended)->error().text, "look-up of hangs.example was stopped");
  EXPECT_FALSE(going->has_value());
}

TEST(Resolver, FailsAtOnceAfterClose) {
  bench b;
  b.under_test->close();
  auto const refused = b.ask("a.example");
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ((*refused)->error().text, "look-up of a.example was stopped");
  EXPECT_TRUE(b.names->called.empty());
}

TEST(Resolver, SixteenThreadsAtMostAndTheOthersWaitTheirTurn) {
  bench b;
  std::vector<std::shared_ptr<std::optional<answer>>> stuck;
  for (int i = 0; i < 16; ++i) b.names->held.insert("hangs" + std::to_string(i) + ".example");
  for (int i = 0; i < 16; ++i) stuck.push_back(b.ask("hangs" + std::to_string(i) + ".example", 60s));
  b.names->await_calls(16);
  auto const brief = b.ask("given-up.example", 2s);
  auto const next = b.ask("a.example", 60s);
  b.pass(2s);
  ASSERT_TRUE(brief->has_value());
  EXPECT_FALSE(next->has_value());
  EXPECT_EQ(b.names->calls("a.example"), 0U);
  b.names->release("hangs3.example");
  b.until(next);
  EXPECT_TRUE(**next);
  EXPECT_EQ(b.names->calls("given-up.example"), 0U) << "nobody waits for it any more";
}

}  // namespace
}  // namespace buildwatch::net

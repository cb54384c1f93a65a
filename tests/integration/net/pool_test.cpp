// Connections are kept, shared, bounded, and replaced when the server has closed them.
#include "harness.hpp"

namespace buildwatch::net::testing {
namespace {

TEST(Pool, KeepsAConnection) {
  server with(serve);
  harness h;
  h.use(at(with.port()));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(h.send()->answer.body, "hello");
  EXPECT_EQ(with.connections(), 1U);
  EXPECT_EQ(h.made->statistics().connects, 1U);
  EXPECT_EQ(h.made->statistics().open, 1U);
}

TEST(Pool, HoldsItsCapAndServesInTurn) {
  server with(serve);
  harness h;
  h.use(at(with.port()), {}, "", 3);
  std::vector<std::shared_ptr<exchange>> all;
  for (int i = 0; i < 40; ++i) all.push_back(h.begin());
  for (auto const& one : all) {
    h.until(one);
    EXPECT_EQ(one->answer.body, "hello");
  }
  EXPECT_LE(with.open_at_most(), 3U);
  EXPECT_EQ(with.connections(), 3U);
}

TEST(Pool, WaitingForAConnectionEndsAtTheDeadline) {
  server with([](peer& c) {
    c.read_request();
    c.linger();
  });
  harness h;
  h.use(at(with.port()), {}, "", 1);
  auto const holder = h.begin(method::get, 5s);
  auto const waiting = h.send(method::get, 100ms);
  ASSERT_TRUE(waiting->failed);
  EXPECT_EQ(waiting->failed->code, errc::timed_out);
  EXPECT_EQ(timeless(text_of(waiting)),
            "no free connection to 127.0.0.1:" + std::to_string(with.port()) + " within T: all 1 are busy");
  EXPECT_FALSE(holder->done);
}

TEST(Pool, AFailedRequestHandsItsPlaceOn) {
  server with([](peer& c) {
    c.read_request();
    if (c.number() == 0) return c.reset();
    c.answer("hello");
    c.linger();
  });
  harness h;
  h.use(at(with.port()), {}, "", 1);
  auto const first = h.begin(method::post);
  auto const second = h.begin(method::post);
  h.until(second);
  EXPECT_TRUE(first->failed);
  EXPECT_EQ(second->answer.body, "hello");
}

/// Answers the first request, then closes when told to.
struct fickle {
  std::atomic<bool> go{false};
  std::atomic<bool> gone{false};
  server with{[this](peer& c) {
    c.read_request();
    c.answer("hello");
    if (c.number() == 0) {
      go.wait(false);
      return;
    }
    serve(c);
  }};
  void close_first() {
    go = true;
    go.notify_all();
  }
};

TEST(Pool, AStaleConnectionIsReplacedOnceForAGet) {
  // The server reads the second request and closes without a word, so that no look beforehand can tell.
  server with([](peer& c) {
    c.read_request();
    c.answer("hello");
    if (c.number() == 0) {
      c.read_request();
      return;
    }
    serve(c);
  });
  harness h;
  h.use(at(with.port()));
  ASSERT_FALSE(h.send()->failed);
  auto const again = h.send();
  ASSERT_FALSE(again->failed) << text_of(again);
  EXPECT_EQ(again->answer.body, "hello");
  EXPECT_EQ(h.made->statistics().retried_stale, 1U);
  EXPECT_EQ(with.connections(), 2U);
}

TEST(Pool, OnceAndNotTwice) {
  server with([](peer& c) {
    c.read_request();
    if (c.number() > 0) return;
    c.answer("hello");
    c.read_request();
  });
  harness h;
  h.use(at(with.port()));
  ASSERT_FALSE(h.send()->failed);
  auto const again = h.send();
  ASSERT_TRUE(again->failed);
  EXPECT_EQ(again->failed->code, errc::broken);
  EXPECT_EQ(text_of(again), "127.0.0.1:" + std::to_string(with.port()) + " closed the connection before it answered");
  EXPECT_EQ(with.connections(), 2U);
}

TEST(Pool, APostIsNeverRepeated) {
  std::atomic<unsigned> posts{0};
  server with([&](peer& c) {
    c.read_request();
    c.answer("hello");
    if (!c.read_request().empty()) ++posts;
  });
  harness h;
  h.use(at(with.port()));
  ASSERT_FALSE(h.send(method::post)->failed);
  auto const again = h.send(method::post, 10s, "body");
  ASSERT_TRUE(again->failed);
  EXPECT_EQ(again->failed->code, errc::broken);
  EXPECT_EQ(posts, 1U);
  EXPECT_EQ(with.connections(), 1U);
  EXPECT_EQ(h.made->statistics().retried_stale, 0U);
}

TEST(Pool, APostLooksBeforeItUsesAKeptConnection) {
  fickle f;
  harness h;
  h.use(at(f.with.port()));
  ASSERT_FALSE(h.send()->failed);
  f.close_first();
  h.rest(100ms);
  auto const post = h.send(method::post, 10s, "body");
  ASSERT_FALSE(post->failed) << text_of(post);
  EXPECT_EQ(f.with.connections(), 2U);
}

TEST(Pool, AnIdleConnectionThatSpeaksIsDropped) {
  server with([](peer& c) {
    c.read_request();
    c.answer("hello");
    if (c.number() == 0) c.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    serve(c);
  });
  harness h;
  h.use(at(with.port()));
  ASSERT_FALSE(h.send()->failed);
  h.rest(50ms);
  h.clock.ahead += 2s;  // longer than a connection is trusted unseen
  auto const got = h.send();
  ASSERT_FALSE(got->failed) << text_of(got);
  EXPECT_EQ(got->answer.status, 200U);
  EXPECT_EQ(with.connections(), 2U);
}

TEST(Pool, ConnectionCloseIsHonoured) {
  server with([](peer& c) {
    c.read_request();
    c.answer("hello", "200 OK", "Connection: close\r\n");
    c.linger();
  });
  harness h;
  h.use(at(with.port()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(h.send()->answer.body, "hello");
  EXPECT_EQ(with.connections(), 3U);
  EXPECT_EQ(h.made->statistics().retried_stale, 0U);
}

TEST(Pool, IdleConnectionsAreClosedAfter90Seconds) {
  server with(serve);
  harness h;
  h.use(at(with.port()));
  auto const one = h.begin();
  auto const two = h.begin();
  h.until(one);
  h.until(two);
  EXPECT_EQ(h.made->statistics().open, 2U);
  h.clock.ahead += 60s;
  h.alarms.run(h.clock.now().mono);
  EXPECT_EQ(h.made->statistics().open, 2U);
  h.send();
  h.clock.ahead += 31s;
  h.alarms.run(h.clock.now().mono);
  EXPECT_EQ(h.made->statistics().open, 1U);
  h.clock.ahead += 60s;
  h.alarms.run(h.clock.now().mono);
  EXPECT_EQ(h.made->statistics().open, 0U);
  EXPECT_EQ(h.alarms.size(), 0U);
}

TEST(Pool, ConnectOpensOneForTheNextRequest) {
  server with(serve);
  harness h;
  h.use(at(with.port()));
  EXPECT_FALSE(h.connect()->failed);
  EXPECT_EQ(h.made->statistics().open, 1U);
  EXPECT_EQ(h.send()->answer.body, "hello");
  EXPECT_EQ(with.connections(), 1U);
}

TEST(Pool, RefusedConnectionsAreNamed) {
  unsigned short port = 0;
  { port = server(serve).port(); }
  harness h;
  h.name("dead.example", {"127.0.0.1", "::1"});
  h.use(at(port));
  auto const address = h.send();
  ASSERT_TRUE(address->failed);
  EXPECT_EQ(address->failed->code, errc::no_connection);
  EXPECT_EQ(text_of(address), "connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
  h.made->close();
  h.use(at(port, "http", "dead.example"));
  EXPECT_EQ(text_of(h.send()),
            "connect to dead.example:" + std::to_string(port) + ": Connection refused (127.0.0.1, ::1)");
  h.made->close();
  h.use(at(port, "http", "unknown.example"));
  auto const name = h.send();
  EXPECT_EQ(name->failed->code, errc::no_connection);
  EXPECT_EQ(text_of(name), "look-up of unknown.example: Name or service not known");
}

TEST(Pool, TheAddressThatAnsweredIsTriedFirstNextTime) {
  server with([](peer& c) {
    c.read_request();
    c.answer("hello", "200 OK", "Connection: close\r\n");
  });
  harness h;
  h.name("two.example", {"::1", "127.0.0.1"});  // nobody listens on the first
  h.use(at(with.port(), "http", "two.example"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(h.send()), "answered 200");
  EXPECT_EQ(with.connections(), 3U);
}

}  // namespace
}  // namespace buildwatch::net::testing

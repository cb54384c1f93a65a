// The event stream over a socket: from now on, resumed, and dropped where nobody reads.
#include "harness.hpp"

namespace buildwatch::web::testing {
namespace {

std::string resume(std::uint64_t after) {
  return get("/api/v1/events/stream", "Last-Event-ID: " + std::to_string(after) + "\r\n");
}

/// The ids in what a client has seen, in order.
std::vector<std::uint64_t> ids(std::string const& seen) {
  std::vector<std::uint64_t> found;
  for (auto at = seen.find("\nid: "); at != std::string::npos; at = seen.find("\nid: ", at + 1)) {
    found.push_back(std::stoull(seen.substr(at + 5)));
  }
  return found;
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> made;
  for (; from <= to; ++from) made.push_back(from);
  return made;
}

bool waiting(harness& h, std::uint64_t streams) {
  return h.until([&] { return h.made->statistics().streams == streams && h.alarms.size() == streams; });
}

TEST(event_stream, tells_what_is_committed_from_now_on) {
  harness h;
  h.commit(5);
  client c(h.port);
  c.send(get("/api/v1/events/stream"));
  auto head = c.read_until("retry: 2000\n\n");
  ASSERT_TRUE(head);
  EXPECT_NE(c.seen.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  ASSERT_TRUE(waiting(h, 1));
  h.commit(3);
  ASSERT_TRUE(c.read_until("\nid: 8\n"));
  EXPECT_EQ(ids(c.seen), numbers(6, 8));
}

TEST(event_stream, resumes_without_a_hole_while_events_are_committed) {
  harness h;
  h.commit(500);
  client c(h.port);
  c.send(resume(100));
  for (int i = 0; i < 100; ++i) h.commit(5);
  ASSERT_TRUE(c.read_until("\nid: 1000\n"));
  EXPECT_EQ(ids(c.seen), numbers(101, 1000));
}

TEST(event_stream, live_events_do_not_ask_the_store) {
  harness h;
  h.commit(5);
  client c(h.port);
  c.send(get("/api/v1/events/stream"));
  ASSERT_TRUE(c.read_until("retry: "));
  ASSERT_TRUE(waiting(h, 1));
  unsigned before = 0;
  h.on_loop([&] { before = h.records.asked; });
  h.commit(50);
  ASSERT_TRUE(c.read_until("\nid: 55\n"));
  h.on_loop([&] { EXPECT_EQ(h.records.asked, before); });
}

TEST(event_stream, an_old_cursor_is_told_of_the_gap) {
  harness h;
  h.commit(20);
  h.on_loop([&] { h.records.oldest = 15; });
  client c(h.port);
  c.send(resume(3));
  ASSERT_TRUE(c.read_until("\nid: 20\n"));
  EXPECT_NE(c.seen.find("event: gap\ndata: {\"oldest\": 15}\n\nid: 15\n"), std::string::npos);
}

TEST(event_stream, a_heartbeat_every_fifteen_seconds) {
  harness h;
  client c(h.port);
  c.send(get("/api/v1/events/stream"));
  ASSERT_TRUE(waiting(h, 1));
  h.push(14s);
  h.push(2s);
  ASSERT_TRUE(c.read_until(": alive\n\n"));
  ASSERT_TRUE(waiting(h, 1));
  c.seen.clear();
  h.push(16s);
  ASSERT_TRUE(c.read_until(": alive\n\n"));
}

TEST(event_stream, a_client_that_leaves_frees_its_place_at_once) {
  harness h;
  {
    client c(h.port);
    c.send(get("/api/v1/events/stream"));
    ASSERT_TRUE(waiting(h, 1));
  }
  EXPECT_TRUE(h.until([&] { return h.made->statistics().streams == 0 && h.made->statistics().connections == 0; }));
}

TEST(event_stream, a_reader_that_does_not_read_is_dropped_and_resumes) {
  harness h;
  client slow(h.port, 4096);
  slow.send(get("/api/v1/events/stream"));
  ASSERT_TRUE(waiting(h, 1));
  for (int i = 0; i < 100; ++i) h.commit(50);  // several MiB: more than the kernel holds for it
  ASSERT_TRUE(h.until([&] {
    h.clock.ahead += 16s;
    h.alarms.run(h.clock.now().mono);
    return h.made->statistics().streams == 0;
  }));
  slow.read_to_end();
  slow.seen.erase(slow.seen.rfind("\n\n") + 2);  // what was cut off
  auto const got = ids("\n" + slow.seen.substr(slow.seen.find("retry:")));
  ASSERT_FALSE(got.empty());
  ASSERT_LT(got.back(), 5000U);
  EXPECT_EQ(got, numbers(1, got.back()));
  client again(h.port);
  again.send(resume(got.back()));
  ASSERT_TRUE(again.read_until("\nid: 5000\n"));
  EXPECT_EQ(ids(again.seen), numbers(got.back() + 1, 5000));
}

TEST(event_stream, what_is_no_cursor_is_refused) {
  harness h;
  client c(h.port);
  c.send(get("/api/v1/events/stream", "Last-Event-ID: evt_1\r\n"));
  EXPECT_EQ(c.read().status, 400U);
}

TEST(event_stream, a_store_that_fails_ends_the_stream_so_that_it_is_resumed) {
  harness h;
  h.commit(5);
  h.on_loop([&] { h.records.broken = true; });
  client c(h.port);
  c.send(resume(1));
  EXPECT_TRUE(c.read_to_end());
  EXPECT_TRUE(ids(c.seen).empty());
}

}  // namespace
}  // namespace buildwatch::web::testing

// Clients that are slow, greedy, or mean harm: each gets an end, and the others their answers.
#include <nlohmann/json.hpp>

#include "harness.hpp"

namespace buildwatch::web::testing {
namespace {

unsigned status_of(harness& h, std::string const& bytes) {
  client c(h.port);
  c.send(bytes);
  auto const r = c.read();
  if (r.status != 0) {
    EXPECT_TRUE(nlohmann::json::accept(r.body)) << r.body;
    EXPECT_EQ(r.header("Connection"), "close");
    EXPECT_TRUE(c.read_to_end());
  }
  return r.status;
}

TEST(hostile, what_is_no_http_is_told_so_at_once) {
  harness h;
  for (auto const* bytes : {"\x16\x03\x01\x02", "GET / HTTP/1.1\nHost: localhost\n\n", "GET /\r\n\r\n",
                            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"}) {
    EXPECT_EQ(status_of(h, bytes), 400U) << bytes;
  }
}

TEST(hostile, a_head_over_8_kib_is_431_and_one_just_below_is_not) {
  harness h;
  std::string const start = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: ";
  std::string const end = "\r\n\r\n";
  EXPECT_EQ(status_of(h, start + std::string(8192 - start.size() - end.size(), 'x') + end), 404U);
  EXPECT_EQ(status_of(h, start + std::string(8193 - start.size() - end.size(), 'x') + end), 431U);
  EXPECT_EQ(status_of(h, "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n"), 431U);
  EXPECT_EQ(status_of(h, std::string(20'000, 'x')), 431U);
}

TEST(hostile, large_bodies_and_endless_ones_are_not_read) {
  harness h;
  std::string const post = "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(status_of(h, post + "Content-Length: 4097\r\n\r\n"), 413U);
  EXPECT_EQ(status_of(h, post + "Content-Length: 100000000000\r\n\r\n" + std::string(50'000, 'x')), 413U);
  EXPECT_EQ(status_of(h, post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), 405U);
  EXPECT_EQ(status_of(h, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"), 411U);
  EXPECT_EQ(status_of(h, post + "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"), 405U);
}

TEST(hostile, smuggled_lengths_are_refused) {
  harness h;
  EXPECT_EQ(
      status_of(h, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
      400U);
  EXPECT_EQ(status_of(h, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), 400U);
}

TEST(hostile, a_head_that_comes_byte_by_byte_has_ten_seconds_from_its_first) {
  harness h;
  client c(h.port);
  c.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(h.until([&] { return h.alarms.size() == 1 && *h.alarms.next() < h.clock.now().mono + 11s; }));
  h.push(6s);
  c.send("Host: localhost\r\n");
  h.push(3s);
  client other(h.port);
  other.send(get("/healthz"));
  EXPECT_EQ(other.read().status, 200U);
  h.push(2s);
  EXPECT_EQ(c.read().status, 408U);
  EXPECT_TRUE(c.read_to_end());
  EXPECT_EQ(h.statistics().timed_out, 1U);
}

TEST(hostile, an_idle_connection_is_closed_after_a_minute) {
  harness h;
  client c(h.port);
  c.send(get("/healthz"));
  EXPECT_EQ(c.read().status, 200U);
  ASSERT_TRUE(h.until([&] { return h.alarms.size() == 1; }));
  h.push(59s);
  c.send(get("/healthz"));
  EXPECT_EQ(c.read().status, 200U);
  ASSERT_TRUE(h.until([&] { return h.alarms.size() == 1; }));
  h.push(61s);
  EXPECT_TRUE(c.read_to_end());
  EXPECT_EQ(c.seen, "");
}

TEST(hostile, a_body_that_does_not_come_is_told_so_and_ends_the_connection) {
  harness h;
  client c(h.port);
  c.send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
  ASSERT_TRUE(h.until([&] { return h.alarms.size() == 1 && *h.alarms.next() < h.clock.now().mono + 11s; }));
  h.push(11s);
  auto const r = c.read();
  EXPECT_EQ(r.status, 408U);
  EXPECT_EQ(r.header("Connection"), "close");
  c.half_close();
  EXPECT_TRUE(c.read_to_end());
  EXPECT_EQ(h.statistics().timed_out, 1U);
}

TEST(hostile, idle_connections_make_place_for_new_ones) {
  options what;
  what.connections = 20;
  harness h(what);
  std::vector<std::unique_ptr<client>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<client>(h.port));
    if (i % 2 == 0) idle.back()->send("GET / HTTP/1.1\r\n");
  }
  client c(h.port);
  c.send(get("/api/v1/jobs"));
  EXPECT_EQ(c.read().status, 200U);
  auto const counted = h.statistics();
  EXPECT_EQ(counted.accepted, 201U);
  EXPECT_EQ(counted.evicted, 181U);
  EXPECT_LE(counted.connections, 20U);
  EXPECT_TRUE(idle.front()->read_to_end());
}

TEST(hostile, the_one_that_has_waited_longest_goes_first) {
  options what;
  what.connections = 2;
  harness h(what);
  client first(h.port), second(h.port);
  for (client* c : {&first, &second}) {
    c->send(get("/healthz"));
    EXPECT_EQ(c->read().status, 200U);
  }
  client third(h.port);
  third.send(get("/healthz"));
  EXPECT_EQ(third.read().status, 200U);
  EXPECT_TRUE(first.read_to_end());
  second.send(get("/healthz"));
  EXPECT_EQ(second.read().status, 200U);
}

TEST(hostile, streams_leave_half_of_the_places_to_others) {
  options what;
  what.connections = 4;
  harness h(what);
  client one(h.port), two(h.port), three(h.port);
  for (client* c : {&one, &two}) {
    c->send(get("/api/v1/events/stream"));
    ASSERT_TRUE(c->read_until("retry: "));
  }
  three.send(get("/api/v1/events/stream"));
  EXPECT_EQ(three.read().status, 503U);
  client other(h.port);
  other.send(get("/healthz"));
  EXPECT_EQ(other.read().status, 200U);
}

TEST(hostile, where_every_place_is_in_use_a_new_one_is_told_503) {
  options what;
  what.connections = 1;
  harness h(what);
  client stream(h.port);
  stream.send(get("/api/v1/events/stream"));
  ASSERT_TRUE(stream.read_until("retry: "));
  client c(h.port);
  auto const r = c.read();
  EXPECT_EQ(r.status, 503U);
  EXPECT_TRUE(nlohmann::json::accept(r.body)) << r.body;
  EXPECT_EQ(h.statistics().turned_away, 1U);
}

TEST(hostile, a_client_that_does_not_read_a_large_answer_is_dropped_and_others_are_not_held_up) {
  harness h({}, 20'000);
  client c(h.port, 4096);
  c.send(get("/cc.xml"));
  // It is stuck once nothing more goes out: then its deadline is the only alarm.
  ASSERT_TRUE(h.until([&] { return h.made->statistics().answers[1] == 1 && h.alarms.size() == 1; }));
  client other(h.port);
  other.send(get("/api/v1/jobs?limit=1000"));
  EXPECT_EQ(nlohmann::json::parse(other.read().body).at("jobs").size(), 1000U);
  ASSERT_TRUE(h.until([&] {
    h.clock.ahead += 16s;
    h.alarms.run(h.clock.now().mono);
    return h.made->statistics().timed_out >= 1;
  }));
  EXPECT_TRUE(c.read_to_end());
  EXPECT_EQ(c.seen.find("</Projects>"), std::string::npos);
}

TEST(hostile, large_answers_share_a_bounded_memory) {
  harness h({}, 0);
  h.on_loop([&] {
    job_view j = idle_job("x");
    j.last_error = std::string(4 * 1024 * 1024, 'x');
    for (int i = 0; i < 10; ++i) {
      j.job.name = "job-" + std::to_string(i);
      h.jobs.add(j);
    }
  });
  client greedy(h.port, 4096);
  greedy.send(get("/api/v1/jobs"));
  ASSERT_TRUE(h.until([&] { return h.made->statistics().answers[1] == 1; }));
  client c(h.port);
  c.send(get("/api/v1/jobs"));
  auto const r = c.read();
  EXPECT_EQ(r.status, 503U);
  EXPECT_NE(r.header("Retry-After"), "");
  c.send(get("/api/v1/jobs?limit=1"));
  EXPECT_EQ(c.read().status, 200U);
}

}  // namespace
}  // namespace buildwatch::web::testing

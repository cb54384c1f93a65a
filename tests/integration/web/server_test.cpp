// What a well-meaning client gets.
#include <nlohmann/json.hpp>

#include "harness.hpp"

namespace buildwatch::web::testing {
namespace {

using nlohmann::json;

TEST(http, every_path_answers_with_its_type) {
  harness h;
  client c(h.port);
  for (auto const& [path, type] :
       std::vector<std::pair<std::string, std::string>>{{"/healthz", "application/json"},
                                                        {"/readyz", "application/json"},
                                                        {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
                                                        {"/api/v1/jobs", "application/json"},
                                                        {"/api/v1/jobs/job-1", "application/json"},
                                                        {"/api/v1/jobs/job-1/builds?limit=5", "application/json"},
                                                        {"/api/v1/events?after=0", "application/json"},
                                                        {"/api/v1/sinks", "application/json"},
                                                        {"/cc.xml", "application/xml; charset=utf-8"},
                                                        {"/badge/job-1.svg", "image/svg+xml"},
                                                        {"/", "text/html; charset=utf-8"},
                                                        {"/app.css", "text/css; charset=utf-8"},
                                                        {"/app.js", "text/javascript; charset=utf-8"}}) {
    c.send(get(path));
    auto const r = c.read();
    EXPECT_EQ(r.status, 200U) << path;
    EXPECT_EQ(r.header("Content-Type"), type) << path;
    EXPECT_FALSE(r.header("Date").empty()) << path;
    EXPECT_EQ(r.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_FALSE(r.body.empty()) << path;
    EXPECT_TRUE(type != "application/json" || json::accept(r.body)) << r.body;
  }
  EXPECT_EQ(h.statistics().accepted, 1U);
}

TEST(http, builds_events_and_pages_are_what_the_ports_have) {
  harness h;
  h.commit(150);
  client c(h.port);
  c.send(get("/api/v1/jobs/job-1/builds?limit=3"));
  EXPECT_EQ(json::parse(c.read().body).at("builds").size(), 3U);
  c.send(get("/api/v1/events?after=148"));
  auto const events = json::parse(c.read().body).at("events");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].at("data").at("sequence"), 149);
  c.send(get("/api/v1/events"));
  EXPECT_EQ(json::parse(c.read().body).at("events").size(), 100U);
  c.send(get("/api/v1/jobs?limit=2"));
  EXPECT_EQ(json::parse(c.read().body).at("next"), "job-1");
  c.send(get("/api/v1/jobs?limit=2&after=job-1"));
  EXPECT_EQ(json::parse(c.read().body).at("next"), nullptr);
}

TEST(http, what_is_not_there_and_what_is_no_parameter) {
  harness h;
  client c(h.port);
  for (auto const& [path, status] : std::vector<std::pair<std::string, unsigned>>{{"/nowhere", 404},
                                                                                  {"/api/v1/jobs/none", 404},
                                                                                  {"/api/v1/jobs/none/builds", 404},
                                                                                  {"/badge/none.svg", 404},
                                                                                  {"/api/v1/jobs?limit=0", 400},
                                                                                  {"/api/v1/events?after=x", 400},
                                                                                  {"/api/v1/events?limit=x", 400},
                                                                                  {"/%zz", 400}}) {
    c.send(get(path));
    auto const r = c.read();
    EXPECT_EQ(r.status, status) << path;
    EXPECT_TRUE(json::parse(r.body).at("error").at("code").is_string()) << r.body;
    EXPECT_TRUE(json::parse(r.body).at("error").at("message").is_string()) << r.body;
  }
}

TEST(http, head_has_the_heads_of_get_and_no_body) {
  harness h;
  client c(h.port);
  for (auto const* path : {"/api/v1/jobs", "/metrics", "/", "/nowhere"}) {
    c.send(get(path));
    auto const full = c.read();
    c.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    auto const head = c.read(true);
    EXPECT_EQ(head.status, full.status) << path;
    for (auto const* name : {"Content-Length", "Transfer-Encoding", "ETag", "Content-Type"}) {
      EXPECT_EQ(head.header(name), full.header(name)) << path << " " << name;
    }
  }
  c.send(get("/healthz"));
  EXPECT_EQ(c.read().status, 200U) << "a body came after HEAD";
}

TEST(http, an_unchanged_answer_is_not_sent_again) {
  harness h;
  client c(h.port);
  c.send(get("/api/v1/jobs"));
  auto const first = c.read();
  ASSERT_FALSE(first.header("ETag").empty());
  c.send(get("/api/v1/jobs", "If-None-Match: \"x\", " + first.header("ETag") + "\r\n"));
  EXPECT_EQ(c.read().status, 304U);
  h.on_loop([&] { h.jobs.add(running_job("job-1")); });
  c.send(get("/api/v1/jobs", "If-None-Match: " + first.header("ETag") + "\r\n"));
  auto const changed = c.read();
  EXPECT_EQ(changed.status, 200U);
  EXPECT_NE(changed.header("ETag"), first.header("ETag"));
}

// RFC 9110, 15.4.5: what a cache is told must not depend on whether it had the answer already.
TEST(http, an_unchanged_answer_has_the_heads_of_the_whole_one) {
  harness h;
  client c(h.port);
  for (std::string const path : {"/", "/app.js", "/badge/job-1.svg", "/api/v1/jobs", "/api/v1/jobs/job-1",
                                 "/api/v1/jobs/job-1/builds", "/api/v1/events", "/api/v1/sinks"}) {
    c.send(get(path));
    auto const whole = c.read();
    EXPECT_EQ(whole.header("Cache-Control"), "no-cache") << path;
    for (std::string const method : {"GET ", "HEAD "}) {
      c.send(method + path + " HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + whole.header("ETag") + "\r\n\r\n");
      auto const unchanged = c.read(true);
      EXPECT_EQ(unchanged.status, 304U) << path;
      for (auto const* name : {"Cache-Control", "ETag", "Vary", "Content-Location", "Expires"}) {
        EXPECT_EQ(unchanged.header(name), whole.header(name)) << method << path << " " << name;
      }
    }
  }
  for (std::string const path : {"/healthz", "/metrics", "/cc.xml", "/nowhere"}) {
    c.send(get(path));
    EXPECT_EQ(c.read().header("Cache-Control"), "no-store") << path;
  }
}

TEST(http, pipelined_requests_are_answered_in_order) {
  harness h;
  client c(h.port);
  std::string all;
  for (int i = 0; i < 300; ++i) all += get("/api/v1/jobs/job-" + std::to_string(i % 3)) + "\r\n";
  c.send(all);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(json::parse(c.read().body).at("name"), "job-" + std::to_string(i % 3));
  }
}

TEST(http, small_bodies_are_dropped_and_the_connection_goes_on) {
  harness h;
  client c(h.port);
  c.send("POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n\r\n" + std::string(4096, 'x') +
         get("/healthz"));
  auto const r = c.read();
  EXPECT_EQ(r.status, 405U);
  EXPECT_EQ(r.header("Allow"), "GET, HEAD");
  EXPECT_EQ(c.read().status, 200U);
}

TEST(http, a_client_that_has_said_all_is_still_answered) {
  harness h;
  client c(h.port);
  c.send(get("/api/v1/jobs"));
  c.half_close();
  EXPECT_EQ(c.read().status, 200U);
  EXPECT_TRUE(c.read_to_end());
}

TEST(http, connections_end_when_the_client_wants_it) {
  harness h;
  client c(h.port);
  c.send(get("/healthz", "Connection: close\r\n"));
  EXPECT_EQ(c.read().header("Connection"), "close");
  EXPECT_TRUE(c.read_to_end());
  client old(h.port);
  old.send("GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n");
  auto const r = old.read();
  EXPECT_EQ(r.header("Transfer-Encoding"), "");
  EXPECT_EQ(r.body.substr(0, 7), "# HELP ");
}

TEST(http, the_token_opens_and_another_closes) {
  options what;
  what.token = base::secret("one");
  harness h(what);
  client c(h.port);
  c.send(get("/metrics"));
  auto const r = c.read();
  EXPECT_EQ(r.status, 401U);
  EXPECT_NE(r.header("WWW-Authenticate"), "");
  c.send(get("/healthz"));
  EXPECT_EQ(c.read().status, 200U);
  c.send(get("/metrics", "Authorization: Bearer one\r\n"));
  EXPECT_EQ(c.read().status, 200U);
  client stream(h.port);
  stream.send(get("/api/v1/events/stream", "Authorization: Bearer one\r\n"));
  ASSERT_TRUE(stream.read_until("retry: "));
  what.token = base::secret("two");
  h.on_loop([&] { h.made->reconfigure(what); });
  EXPECT_TRUE(stream.read_to_end()) << "a stream outlived its token";
  c.send(get("/metrics", "Authorization: Bearer one\r\n"));
  EXPECT_EQ(c.read().status, 401U);
}

TEST(http, another_sites_name_is_refused) {
  harness h;
  client c(h.port);
  c.send("GET /api/v1/jobs HTTP/1.1\r\nHost: evil.example:9847\r\n\r\n");
  EXPECT_EQ(c.read().status, 421U);
}

TEST(http, the_feed_links_as_its_reader_came) {
  harness h;
  client c(h.port);
  c.send(get("/cc.xml"));
  EXPECT_NE(c.read().body.find("webUrl=\"http://localhost/#/job/job-0\""), std::string::npos);
  c.send(get("/cc.xml", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n"));
  EXPECT_NE(c.read().body.find("webUrl=\"https://localhost/#/job/job-0\""), std::string::npos);
  c.send(get("/cc.xml", "X-Forwarded-Proto: javascript:alert(1)//\r\n"));
  EXPECT_NE(c.read().body.find("webUrl=\"http://localhost/#/job/job-0\""), std::string::npos);
}

TEST(http, health_says_what_is_wrong) {
  harness h;
  h.on_loop([&] { h.condition.now.unready = {"provider huawei has not answered yet"}; });
  client c(h.port);
  c.send(get("/healthz"));
  EXPECT_EQ(c.read().status, 200U);
  c.send(get("/readyz"));
  auto const r = c.read();
  EXPECT_EQ(r.status, 503U);
  EXPECT_EQ(json::parse(r.body).at("reasons").at(0), "provider huawei has not answered yet");
}

TEST(http, a_store_that_cannot_be_read_is_said_so) {
  harness h;
  h.on_loop([&] { h.records.broken = true; });
  client c(h.port);
  for (auto const* path : {"/api/v1/events", "/api/v1/jobs/job-1/builds"}) {
    c.send(get(path));
    EXPECT_EQ(c.read().status, 503U) << path;
  }
}

TEST(http, a_bug_behind_a_port_is_logged_and_hurts_one_answer) {
  harness h;
  h.on_loop([&] { h.condition.broken = true; });
  client c(h.port);
  c.send(get("/healthz"));
  auto const r = c.read();
  EXPECT_EQ(r.status, 500U);
  EXPECT_EQ(r.body.find("a bug"), std::string::npos);
  c.send(get("/api/v1/jobs"));
  EXPECT_EQ(c.read().status, 200U);
  h.on_loop([&] { EXPECT_EQ(h.log.ids, std::vector<std::string>{"http.failed"}); });
}

TEST(http, an_address_in_use_is_told) {
  harness h;
  options what;
  what.listen.port = h.port;
  h.on_loop([&] {
    auto const second =
        server::open({h.loop.get_executor(), h.clock, h.alarms, h.log, h.jobs, h.records, h.condition}, what);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().text, "cannot listen on 127.0.0.1:" + std::to_string(h.port) + ": Address already in use");
  });
}

TEST(http, stops_whatever_its_clients_do) {
  harness h;
  client idle(h.port), half(h.port), stream(h.port);
  half.send("GET /healthz HTTP/1.1\r\nHo");
  stream.send(get("/api/v1/events/stream"));
  ASSERT_TRUE(stream.read_until("retry: "));
  ASSERT_TRUE(h.until([&] { return h.made->statistics().connections == 3; }));
  EXPECT_TRUE(h.stop());
  EXPECT_TRUE(idle.read_to_end());
  EXPECT_TRUE(half.read_to_end());
  EXPECT_TRUE(stream.read_to_end());
}

}  // namespace
}  // namespace buildwatch::web::testing

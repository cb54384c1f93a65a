#include "web/request.hpp"

#include <gtest/gtest.h>

#include "web/router.hpp"
#include "web/target.hpp"

namespace buildwatch::web {
namespace {

request read(std::string const& text) {
  request into;
  std::string fault;
  EXPECT_TRUE(read_head(text, into, fault)) << fault;
  return into;
}

std::string fault_of(std::string const& text) {
  request into;
  std::string fault;
  EXPECT_FALSE(read_head(text, into, fault)) << text;
  return fault;
}

TEST(head, keeps_what_is_looked_at) {
  auto const r = read(
      "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9847\r\nauthorization: Bearer t\r\nIf-None-Match: \"a\"\r\n"
      "If-None-Match: \"b\"\r\nLast-Event-ID: 7\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(r.method, "GET");
  EXPECT_EQ(r.target, "/metrics?x=1");
  EXPECT_EQ(r.host, "localhost:9847");
  EXPECT_EQ(r.hosts, 1U);
  EXPECT_EQ(r.authorization, "Bearer t");
  EXPECT_EQ(r.if_none_match, "\"a\", \"b\"");
  EXPECT_TRUE(r.has_last_event_id);
  EXPECT_EQ(r.last_event_id, "7");
  EXPECT_TRUE(r.keep_alive);
  EXPECT_TRUE(r.http_1_1);
}

TEST(head, connections_are_kept_as_the_version_says) {
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r\n").http_1_1);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(head, a_proxy_says_how_it_was_asked) {
  auto const https = [](std::string const& value) {
    return read("GET / HTTP/1.1\r\nx-forwarded-proto: " + value + "\r\n\r\n").https_outside;
  };
  EXPECT_TRUE(https("https"));
  EXPECT_TRUE(https("HTTPS"));
  EXPECT_TRUE(https("https,http"));
  EXPECT_FALSE(https("http"));
  EXPECT_FALSE(https("http, https"));
  EXPECT_FALSE(https("https://evil.example/\""));
  EXPECT_FALSE(https(""));
  EXPECT_FALSE(read("GET / HTTP/1.1\r\n\r\n").https_outside);
}

TEST(head, bodies_are_announced) {
  EXPECT_EQ(read("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n").body_bytes, 10U);
  EXPECT_EQ(read("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").body_bytes, 99999999999U);
  EXPECT_TRUE(read("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").chunked);
  EXPECT_TRUE(read("PUT / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").expects);
}

TEST(head, what_two_readers_could_read_differently_is_refused) {
  for (auto const* text :
       {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nName : x\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET /\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "\r\n\r\n"}) {
    EXPECT_NE(fault_of(text), "") << text;
  }
}

TEST(head, its_end_is_found_wherever_the_bytes_are_cut) {
  std::string const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_EQ(head_length(text.substr(0, n)), 0U) << n;
  EXPECT_EQ(head_length(text), text.size());
  EXPECT_EQ(head_length(text + "GET"), text.size());
  EXPECT_EQ(head_length("GET / HTTP/1.1\n\nx"), 16U);
  EXPECT_EQ(head_length("GET / HTTP/1.1\n\r\nx"), 17U);
}

TEST(head, a_tls_handshake_is_hopeless_at_its_first_byte) {
  EXPECT_TRUE(hopeless("\x16"));
  EXPECT_TRUE(hopeless("G\xC3\xA9T / HTTP"));
  EXPECT_FALSE(hopeless("GET /\xC3\xA9"));
  EXPECT_FALSE(hopeless("GE"));
  EXPECT_FALSE(hopeless(""));
}

TEST(target, path_and_query_are_decoded) {
  auto const t = read_target("/api/v1/jobs?after=a%2eb&limit=5&x&=y&limit=6");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->path, "/api/v1/jobs");
  EXPECT_EQ(t->parameter("after"), "a.b");
  EXPECT_EQ(t->parameter("limit"), "5");
  EXPECT_EQ(t->parameter("x"), "");
  EXPECT_FALSE(t->parameter("other"));
  EXPECT_EQ(read_target("/%61?%2f=%2F")->path, "/a");
  EXPECT_EQ(read_target("/%61?after=a%2Fb")->parameter("after"), "a/b");
}

TEST(target, a_slash_that_is_escaped_divides_nothing) {
  EXPECT_EQ(read_target("/%61%2Fb%2fc")->path, "/a%2Fb%2fc");
  for (auto const* text :
       {"/api/v1/jobs/a%2fbuilds", "/api/v1%2Fjobs", "%2Fhealthz", "/%2fhealthz", "/badge%2fa.svg"}) {
    auto const t = read_target(text);
    EXPECT_TRUE(!t || route_of(t->path).where == place::nowhere) << text;
  }
}

TEST(target, an_absolute_one_has_its_own_host) {
  auto const t = read_target("http://localhost:9847/metrics?a=b");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->authority, "localhost:9847");
  EXPECT_EQ(t->path, "/metrics");
  EXPECT_EQ(read_target("http://localhost")->path, "/");
  EXPECT_FALSE(read_target("http://localhost?a=b"));
}

TEST(target, what_is_none_is_refused) {
  for (auto const* text : {"", "*", "metrics", "/%", "/%4", "/%zz", "/?a=%f", "http:///x", "http://u@localhost/",
                           "https://localhost/", "localhost:80"}) {
    EXPECT_FALSE(read_target(text)) << text;
  }
}

}  // namespace
}  // namespace buildwatch::web

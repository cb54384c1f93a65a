#include "web/admission.hpp"

#include <gtest/gtest.h>

#include "unit/web/views.hpp"
#include "web/etag.hpp"
#include "web/http_date.hpp"

namespace buildwatch::web {
namespace {

struct asking {
  asking() {
    head.method = "GET";
    head.host = "localhost";
    head.hosts = 1;
  }
  unsigned operator()(std::string const& path) {
    target to;
    to.path = path;
    to.authority = authority;
    last = refused(head, to, route_of(path), boost::asio::ip::make_address("127.0.0.1"), rules);
    return last ? last->status : 200;
  }
  request head;
  std::string authority;
  options rules;
  std::optional<answer> last;
};

TEST(admission, every_path_of_the_contract_is_there_and_nothing_else) {
  asking ask;
  for (auto const* path : {"/healthz", "/readyz", "/metrics", "/api/v1/jobs", "/api/v1/jobs/a.b-c_d",
                           "/api/v1/jobs/a/builds", "/api/v1/events", "/api/v1/events/stream", "/api/v1/sinks",
                           "/cc.xml", "/badge/a.svg", "/", "/app.js", "/app.css"}) {
    EXPECT_EQ(ask(path), 200U) << path;
  }
  for (auto const* path :
       {"/api", "/api/v1/jobs/", "/api/v1/jobs/-a", "/api/v1/jobs/a/", "/api/v1/jobs/a/b", "/api/v1/jobs/../sinks",
        "/badge/.svg", "/badge/a", "/badge/a.svg/", "/index.html", "/app.js/", "//", "/metrics/", "/healthz "}) {
    EXPECT_EQ(ask(path), 404U) << path;
  }
  EXPECT_EQ(ask("/api/v1/jobs/" + std::string(100, 'a')), 200U);
  EXPECT_EQ(ask("/api/v1/jobs/" + std::string(101, 'a')), 404U);
}

TEST(admission, a_job_may_be_called_as_a_part_of_a_path) {
  EXPECT_EQ(route_of("/api/v1/jobs/builds"), (route{place::job, "builds"}));
  EXPECT_EQ(route_of("/api/v1/jobs/builds/builds"), (route{place::builds, "builds"}));
  EXPECT_EQ(route_of("/badge/x.svg.svg"), (route{place::badge, "x.svg"}));
}

TEST(admission, only_reading_is_possible_and_allow_says_how) {
  asking ask;
  for (auto const* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"}) {
    ask.head.method = method;
    EXPECT_EQ(ask("/api/v1/jobs"), 405U) << method;
    EXPECT_EQ(ask.last->headers, "Allow: GET, HEAD\r\n");
    EXPECT_EQ(ask("/nowhere"), 404U) << method;
  }
  ask.head.method = "HEAD";
  EXPECT_EQ(ask("/api/v1/jobs"), 200U);
}

TEST(admission, without_the_token_nothing_but_health_is_told_not_even_what_is_there) {
  asking ask;
  ask.rules.token = base::secret("t");
  EXPECT_EQ(ask("/healthz"), 200U);
  EXPECT_EQ(ask("/readyz"), 200U);
  for (auto const* path : {"/", "/metrics", "/api/v1/events/stream", "/badge/a.svg", "/nowhere"}) {
    EXPECT_EQ(ask(path), 401U) << path;
  }
  EXPECT_EQ(ask.last->headers.substr(0, 24), "WWW-Authenticate: Basic ");
  ask.head.authorization = "Bearer t";
  EXPECT_EQ(ask("/metrics"), 200U);
}

TEST(admission, the_host_is_looked_at_first_even_for_health) {
  asking ask;
  ask.rules.token = base::secret("t");
  ask.head.host = "evil.example";
  EXPECT_EQ(ask("/healthz"), 421U);
  EXPECT_EQ(ask("/metrics"), 421U);
  ask.authority = "localhost";  // an absolute target counts instead
  EXPECT_EQ(ask("/healthz"), 200U);
  ask.head.host = "localhost";
  ask.authority = "evil.example";
  EXPECT_EQ(ask("/healthz"), 421U);
  ask.authority.clear();
  ask.head.hosts = 2;
  EXPECT_EQ(ask("/healthz"), 400U);
  ask.head.hosts = 0;
  EXPECT_EQ(ask("/healthz"), 400U);
}

TEST(limit, is_bounded) {
  auto const limit = [](std::string const& text) { return limit_of(*read_target("/?limit=" + text)); };
  EXPECT_EQ(limit_of(*read_target("/")), 100U);
  EXPECT_EQ(limit("1"), 1U);
  EXPECT_EQ(limit("1000"), 1000U);
  EXPECT_EQ(limit("1001"), 1000U);
  EXPECT_EQ(limit("99999999999999999999999"), 1000U);
  for (auto const* text : {"", "0", "-1", "1.5", "ten", "10x", "%20"}) EXPECT_FALSE(limit(text)) << text;
}

TEST(etag, is_the_same_however_the_body_was_made_and_another_for_another) {
  etag_maker a, b, c;
  a.add("one two");
  b.add("one");
  b.add(" two");
  c.add("one twO");
  EXPECT_EQ(a.tag(), b.tag());
  EXPECT_NE(a.tag(), c.tag());
  EXPECT_EQ(a.tag().size(), 18U);
}

TEST(etag, is_found_in_lists_weak_or_strong) {
  EXPECT_TRUE(names_tag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_tag("\"x\" ,\tW/\"a\"", "\"a\""));
  EXPECT_TRUE(names_tag("*", "\"a\""));
  for (auto const* list : {"", "\"b\"", "a", "\"a", ",", "\"a\"b"}) EXPECT_FALSE(names_tag(list, "\"a\"")) << list;
}

TEST(http_date, is_as_http_wants_it) {
  EXPECT_EQ(http_date(testing::at(testing::evening)), "Mon, 23 Nov 2026 20:18:23 GMT");
  EXPECT_EQ(http_date(testing::at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(listen, reads_addresses_with_ports) {
  auto const v4 = read_listen_address("127.0.0.1:9847");
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->loopback());
  EXPECT_EQ(v4->port, 9847);
  EXPECT_TRUE(read_listen_address("[::1]:80")->loopback());
  EXPECT_EQ(read_listen_address("localhost:80")->host, "127.0.0.1");
  EXPECT_FALSE(read_listen_address("0.0.0.0:80")->loopback());
  EXPECT_FALSE(read_listen_address("[::]:80")->loopback());
  for (auto const* text : {"", "9847", ":9847", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80",
                           "[127.0.0.1]:80", "example.com:80", "127.0.0.1:-1"}) {
    EXPECT_FALSE(read_listen_address(text)) << text;
  }
}

TEST(answer_head, errors_and_answers_are_sealed_off) {
  answer what = error_answer(404, "not_found", "no \"such\" thing");
  EXPECT_EQ(what.body, R"({"error": {"code": "not_found", "message": "no \"such\" thing"}})");
  head_facts facts;
  facts.date = "D";
  facts.length = 5;
  std::string const head = head_of(what, facts);
  EXPECT_EQ(head.substr(0, 35), "HTTP/1.1 404 Not Found\r\nDate: D\r\nCo");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  for (auto const* line : {"Content-Security-Policy: default-src 'none'; script-src 'self'", "Content-Length: 5\r\n",
                           "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
                           "Cross-Origin-Resource-Policy: same-origin\r\n", "Cache-Control: no-store\r\n"}) {
    EXPECT_NE(head.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(head.find("unsafe-"), std::string::npos);
}

TEST(answer_head, an_unchanged_answer_has_no_body_to_measure) {
  answer what;
  what.status = 304;
  head_facts facts;
  facts.etag = "\"a\"";
  std::string const head = head_of(what, facts);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_NE(head.find("ETag: \"a\"\r\n"), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::web

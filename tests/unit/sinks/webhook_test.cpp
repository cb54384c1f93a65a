// The webhook sink over a client that remembers what it was asked to send.
#include <gmock/gmock.h>

#include "buildwatch/notify/format.hpp"
#include "unit/sinks/support.hpp"

namespace buildwatch::sinks {
namespace {

using notify::verdict;
using ::testing::HasSubstr;
using ::testing::Not;

/// What one request was and what it is answered; outlives the sink that owns the client.
struct exchange {
  net::method method = net::method::get;
  std::string target, headers, body;
  base::time_point deadline;
  int requests = 0, closed = 0;
  std::optional<net::failure> failure;
  net::response answer;
};

class fake_client final : public net::client {
 public:
  explicit fake_client(exchange& e) : e_(e) {}
  boost::asio::awaitable<std::optional<net::failure>> send(net::request const& what, net::response& into) override {
    ++e_.requests;
    e_.method = what.method;
    e_.target = what.target;
    e_.headers = what.headers;
    e_.body = what.body;
    e_.deadline = what.deadline;
    into = e_.answer;
    co_return e_.failure;
  }
  boost::asio::awaitable<std::optional<net::failure>> connect(base::time_point) override { co_return std::nullopt; }
  void close() override { ++e_.closed; }
  [[nodiscard]] net::client_statistics statistics() const override { return {}; }

 private:
  exchange& e_;
};

class webhook : public ::testing::Test {
 protected:
  webhook() {
    options.url.host = "hooks.example.com";
    options.url.target = base::secret("/services/T0KEN?x=1");
    wire.answer.status = 204;
  }
  std::unique_ptr<notify::sink> make() {
    parts shared{bench.net, bench.log, 1, "1.2.3"};
    return make_webhook_sink(shared, options, std::make_unique<fake_client>(wire));
  }
  notify::attempt deliver() { return bench.deliver_at_once(*make()); }

  testing::sink_bench bench;
  webhook_options options;
  exchange wire;
};

TEST_F(webhook, posts_the_standard_object_to_its_address) {
  auto const result = deliver();
  EXPECT_EQ(result.verdict, verdict::delivered);
  EXPECT_EQ(result.answer, "204 No Content");
  EXPECT_EQ(wire.method, net::method::post);
  EXPECT_EQ(wire.target, "/services/T0KEN?x=1");
  EXPECT_EQ(wire.body, notify::standard_json(bench.event));
  EXPECT_EQ(wire.deadline, bench.clock.now().mono + std::chrono::seconds(15));
}

TEST_F(webhook, has_exactly_the_headers_of_the_contract) {
  deliver();
  EXPECT_EQ(wire.headers,
            "content-type: application/json\r\nuser-agent: buildwatchd/1.2.3\r\n"
            "webhook-id: evt_3b1f\r\nwebhook-timestamp: 1795000000\r\n");
}

TEST_F(webhook, adds_the_headers_of_the_configuration) {
  options.headers.emplace_back("Authorization", base::secret("Bearer xyz"));
  deliver();
  EXPECT_THAT(wire.headers, HasSubstr("\r\nAuthorization: Bearer xyz\r\n"));
}

TEST_F(webhook, signs_what_it_sends_with_every_key) {
  options.secrets = {base::secret(std::string(24, 'k')), base::secret(std::string(24, 'n'))};
  deliver();
  EXPECT_THAT(wire.headers,
              HasSubstr("webhook-signature: " +
                        webhook_signature(options.secrets, "evt_3b1f", "1795000000", wire.body) + "\r\n"));
}

TEST_F(webhook, each_try_has_its_own_time_and_the_same_id) {
  auto const sink = make();
  bench.deliver_at_once(*sink);
  std::string const body = wire.body;
  bench.clock.advance(std::chrono::seconds(30));
  bench.deliver_at_once(*sink);
  EXPECT_THAT(wire.headers, HasSubstr("webhook-id: evt_3b1f\r\nwebhook-timestamp: 1795000030\r\n"));
  EXPECT_EQ(wire.body, body);
}

TEST_F(webhook, tells_why_it_got_no_answer_and_shows_no_secret) {
  wire.failure = net::failure{net::errc::no_connection, "connect to hooks.example.com:443: Connection refused"};
  auto const result = deliver();
  EXPECT_EQ(result.verdict, verdict::retry_paused);
  EXPECT_EQ(result.answer, "connect to hooks.example.com:443: Connection refused");
  EXPECT_THAT(result.answer, Not(HasSubstr("T0KEN")));
}

TEST_F(webhook, retry_after_as_a_date_counts_from_now) {
  wire.answer.status = 503;
  wire.answer.retry_after = "Wed, 18 Nov 2026 11:08:40 GMT";  // two minutes after the bench's now
  EXPECT_EQ(deliver().retry_after, std::chrono::seconds(120));
}

TEST_F(webhook, stopping_closes_the_connections) {
  wire.failure = net::failure{net::errc::stopped, "stopped"};
  auto const sink = make();
  sink->stop();
  EXPECT_EQ(wire.closed, 1);
  EXPECT_EQ(bench.deliver_at_once(*sink).verdict, verdict::stopped);
}

TEST_F(webhook, a_certificate_that_can_not_be_loaded_is_told_when_it_is_made) {
  options.tls.ca_file = "/nonexistent/ca.pem";
  parts shared{bench.net, bench.log, 1, "1.2.3"};
  auto const made = make_webhook_sink(shared, options, 4U);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text, HasSubstr("/nonexistent/ca.pem"));
}

}  // namespace
}  // namespace buildwatch::sinks

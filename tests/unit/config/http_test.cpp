// Key `http`, and the jobs in the order in which the API lists them.
#include "unit/config/support.hpp"

namespace buildwatch::config {
namespace {

using testing::load_text;
using testing::some_job;
using testing::some_provider;
using testing::world_of;

loaded with_http(std::string const& value, environment const& world = testing::plain_world()) {
  return load_text(some_provider + some_job + "http: " + value + "\n", world);
}

/// Settings of `http` that must be right; warnings are allowed.
web::options http_of(std::string const& value, environment const& world = testing::plain_world()) {
  auto const result = with_http(value, world);
  EXPECT_TRUE(result.settings && result.settings->http) << testing::lines(result);
  return result.settings && result.settings->http ? *result.settings->http : web::options{};
}

/// What is said about `http` of a right file.
std::vector<std::string> warnings(std::string const& value, environment const& world = testing::plain_world()) {
  auto const result = with_http(value, world);
  EXPECT_TRUE(result.settings.has_value()) << testing::lines(result);
  std::vector<std::string> all;
  for (auto const& c : result.complaints) all.push_back(c.path + ": " + c.text);
  return all;
}

constexpr char const* long_enough = "0123456789abcdef";

TEST(http, is_not_served_without_the_key) {
  auto const result = load_text(some_provider + some_job);
  ASSERT_TRUE(result.settings.has_value());
  EXPECT_FALSE(result.settings->http.has_value());
}

TEST(http, without_keys_has_the_documented_defaults) {
  auto const o = http_of("{}");
  EXPECT_EQ(o.listen, (web::listen_address{"127.0.0.1", 9847}));
  EXPECT_TRUE(o.token.empty());
  EXPECT_TRUE(o.hosts.empty());
  EXPECT_EQ(o.connections, 256U);
  EXPECT_EQ(o.job_series, 1000U);
  EXPECT_EQ(warnings("{}"), std::vector<std::string>{});
}

TEST(http, holds_what_the_file_says) {
  auto const o = http_of(
      "{listen: '[::1]:80', token: '${env:T}', hosts: [builds.example.com, Builds, 192.0.2.7], connections: 10000, "
      "job_series: 0}",
      world_of({{"T", "a-token-of-more-than-16"}}));
  EXPECT_EQ(o.listen, (web::listen_address{"::1", 80}));
  EXPECT_EQ(o.token.reveal(), "a-token-of-more-than-16");
  EXPECT_EQ(o.hosts, (std::vector<std::string>{"builds.example.com", "Builds", "192.0.2.7"}));
  EXPECT_EQ(o.connections, 10'000U);
  EXPECT_EQ(o.job_series, 0U);
}

TEST(http, takes_ipv6_addresses_with_or_without_brackets) {
  EXPECT_EQ(http_of("{hosts: ['2001:DB8:0::7', '[2001:db8::8]', '::ffff:192.0.2.7']}").hosts,
            (std::vector<std::string>{"2001:db8::7", "2001:db8::8", "::ffff:192.0.2.7"}));
  for (std::string const wrong : {"'[2001:db8::7'", "'2001:db8::7]'", "'[2001:db8::7]:80'", "'fe80::1%1'", "'[]'",
                                  "'[builds]'", "'2001:db8::g'"}) {
    EXPECT_FALSE(with_http("{hosts: [" + wrong + "]}").settings.has_value()) << wrong;
  }
}

TEST(http, takes_localhost_for_its_address) {
  EXPECT_EQ(http_of("{listen: 'localhost:9847'}").listen, (web::listen_address{"127.0.0.1", 9847}));
}

TEST(http, beyond_this_machine_wants_a_token_and_better_a_proxy) {
  for (std::string const address : {"0.0.0.0:9847", "[::]:9847", "192.0.2.7:80", "[2001:db8::7]:80"}) {
    auto const refused = with_http("{listen: '" + address + "'}");
    EXPECT_FALSE(refused.settings.has_value()) << address;
    EXPECT_NE(testing::lines(refused).find("http.listen: an address other than loopback needs `token`"),
              std::string::npos)
        << testing::lines(refused);
    EXPECT_EQ(warnings("{listen: '" + address + "', token: " + long_enough + "}"),
              std::vector<std::string>{"http.listen: plain HTTP beyond this machine: neither the token nor the answers "
                                       "are encrypted; better listen on 127.0.0.1, behind a reverse proxy with TLS"});
  }
  for (std::string const address : {"127.0.0.1:80", "127.8.9.10:80", "[::1]:80", "localhost:80"}) {
    EXPECT_EQ(warnings("{listen: '" + address + "'}"), std::vector<std::string>{}) << address;
  }
}

TEST(http, warns_of_a_token_that_can_be_guessed) {
  EXPECT_EQ(warnings("{token: 0123456789abcde}"),
            std::vector<std::string>{"http.token: is shorter than 16 characters, which can be guessed"});
  EXPECT_EQ(warnings(std::string("{token: ") + long_enough + "}"), std::vector<std::string>{});
}

TEST(http, is_read_with_its_token_and_no_other_secret_where_only_that_is_wanted) {
  auto world = world_of({{"T", long_enough}});
  world.skip_secrets = true;
  std::string const text =
      "version: 1\nproviders:\n  p: {type: codearts, region: r, proxy: none, auth: {type: token, token: "
      "'${env:NO}'}}\n" +
      some_job + "sinks: {h: {type: webhook, url: '${env:NO}'}}\nhttp: {listen: '0.0.0.0:1', token: '${env:T}'}\n";
  auto const without = load_text(text, world);
  ASSERT_TRUE(without.settings.has_value()) << "a token is named, though not looked up\n" << testing::lines(without);
  EXPECT_TRUE(without.settings->http->token.empty());
  world.http_token = true;
  auto const with = load_text(text, world);
  ASSERT_TRUE(with.settings.has_value()) << testing::lines(with);
  EXPECT_EQ(with.settings->http->token.reveal(), long_enough);
}

TEST(http, token_that_is_wanted_is_missed) {
  auto world = testing::plain_world();
  world.skip_secrets = true;
  EXPECT_TRUE(with_http("{token: '${env:NO}'}", world).settings.has_value());
  world.http_token = true;
  EXPECT_FALSE(with_http("{token: '${env:NO}'}", world).settings.has_value());
}

TEST(jobs, have_an_order_by_name) {
  auto const result = load_text(some_provider + R"(
jobs:
  - {name: b, job_id: 0000000000000000000000000000000a}
  - {name: a.1, job_id: 0000000000000000000000000000000b}
  - {name: B, job_id: 0000000000000000000000000000000c}
  - {name: a, job_id: 0000000000000000000000000000000d}
  - {name: a-1, job_id: 0000000000000000000000000000000e}
)");
  ASSERT_TRUE(result.settings.has_value()) << testing::lines(result);
  std::string names;
  for (auto const i : result.settings->by_name) names += result.settings->watch.jobs.at(i).name + " ";
  EXPECT_EQ(names, "B a a-1 a.1 b ");
}

}  // namespace
}  // namespace buildwatch::config

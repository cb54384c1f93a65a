#include "web/guard.hpp"

#include <gtest/gtest.h>

namespace buildwatch::web {
namespace {

bool allowed(std::string_view host, std::string const& local = "192.168.1.5", std::vector<std::string> hosts = {}) {
  return host_allowed(host, boost::asio::ip::make_address(local), hosts);
}

TEST(host, loopback_names_and_addresses_are_allowed_with_any_port) {
  for (auto const* host : {"localhost", "LocalHost:9847", "localhost.", "127.0.0.1", "127.0.0.1:9847", "127.9.9.9",
                           "[::1]", "[::1]:9847", "[0:0:0:0:0:0:0:1]:1"}) {
    EXPECT_TRUE(allowed(host)) << host;
  }
}

TEST(host, the_address_that_was_connected_to_is_allowed_and_no_other) {
  EXPECT_TRUE(allowed("192.168.1.5:9847"));
  EXPECT_FALSE(allowed("192.168.1.6:9847"));
  EXPECT_TRUE(allowed("192.168.1.5", "::ffff:192.168.1.5"));
  EXPECT_TRUE(allowed("[fd00::5]", "fd00::5"));
  EXPECT_FALSE(allowed("[fd00::6]", "fd00::5"));
}

TEST(host, a_name_pointed_at_us_is_refused_unless_it_is_listed) {
  EXPECT_FALSE(allowed("evil.example"));
  EXPECT_FALSE(allowed("localhost.evil.example"));
  EXPECT_FALSE(allowed("evil.example:9847", "127.0.0.1"));
  EXPECT_TRUE(allowed("Builds.Example.com:443", "127.0.0.1", {"builds.example.com"}));
  EXPECT_FALSE(allowed("builds.example.com.evil.example", "127.0.0.1", {"builds.example.com"}));
}

TEST(host, an_ipv6_address_that_is_listed_is_allowed_however_it_is_spelled) {
  std::vector<std::string> const hosts{"2001:db8::7"};
  for (auto const* host : {"[2001:db8::7]", "[2001:DB8:0:0::7]:9847", "[2001:db8::0.0.0.7]"}) {
    EXPECT_TRUE(allowed(host, "127.0.0.1", hosts)) << host;
  }
  EXPECT_FALSE(allowed("[2001:db8::8]", "127.0.0.1", hosts));
  EXPECT_FALSE(allowed("2001:db8::7", "127.0.0.1", hosts)) << "brackets are needed there";
  EXPECT_TRUE(allowed("192.0.2.7:80", "127.0.0.1", {"192.0.2.7"}));
}

TEST(host, what_is_no_host_is_refused) {
  for (auto const* host : {"", ":80", "::1", "localhost:", "[::1", "[::1]x", "localhost:http", "127.1", "2130706433",
                           "user@localhost", "localhost/", "localhost, evil.example"}) {
    if (std::string_view(host) == "localhost:") continue;  // an empty port is one (RFC 3986, 3.2.3)
    EXPECT_FALSE(allowed(host)) << host;
  }
}

TEST(token, bearer_and_the_password_of_basic_with_any_user) {
  base::secret const token("s3cret");
  EXPECT_TRUE(token_given("Bearer s3cret", token));
  EXPECT_TRUE(token_given("bearer  s3cret", token));
  EXPECT_TRUE(token_given("Basic YW55Ym9keTpzM2NyZXQ=", token));  // anybody:s3cret
  EXPECT_TRUE(token_given("Basic OnMzY3JldA", token));            // :s3cret, without its padding
}

TEST(token, nothing_else_will_do) {
  base::secret const token("s3cret");
  for (auto const* given : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Bearer S3cret",
                            "Bearer s3crets3cret", "Basic s3cret", "Basic czNjcmV0", "Basic !!", "Token s3cret",
                            "Basic czNjcmV0OnVzZXI="}) {  // the last: s3cret:user
    EXPECT_FALSE(token_given(given, token)) << given;
  }
}

TEST(token, none_is_asked_for_where_none_is_set) { EXPECT_TRUE(token_given("", base::secret())); }

TEST(token, a_password_may_hold_colons) {
  EXPECT_TRUE(token_given("Basic dTphOmI=", base::secret("a:b")));  // u:a:b
}

}  // namespace
}  // namespace buildwatch::web

// What is an address and what is not; what of it may be shown.
#include "buildwatch/net/url.hpp"

#include <gtest/gtest.h>

namespace buildwatch::net {
namespace {

struct good_address {
  std::string_view text;
  bool tls;
  std::string_view host;
  unsigned port;
  std::string_view target;
  std::string_view shown;
};

TEST(Url, ReadsWhatRfc3986Allows) {
  good_address const table[] = {
      {"https://example.com", true, "example.com", 443, "/", "https://example.com"},
      {"https://example.com/", true, "example.com", 443, "/", "https://example.com"},
      {"HTTPS://Example.COM:443/a", true, "example.com", 443, "/a", "https://example.com"},
      {"http://example.com:80/", false, "example.com", 80, "/", "http://example.com"},
      {"https://example.com:80/", true, "example.com", 80, "/", "https://example.com:80"},
      {"https://example.com:/x", true, "example.com", 443, "/x", "https://example.com"},
      {"https://example.com?a=b&c=d%20e", true, "example.com", 443, "/?a=b&c=d%20e", "https://example.com"},
      {"https://example.com/bot%2Fhook/s3cr3t?key=1", true, "example.com", 443, "/bot%2Fhook/s3cr3t?key=1",
       "https://example.com"},
      {"http://127.0.0.1:8080/v1", false, "127.0.0.1", 8080, "/v1", "http://127.0.0.1:8080"},
      {"https://[::1]:8443/v1", true, "::1", 8443, "/v1", "https://[::1]:8443"},
      {"https://[2001:DB8:0:0::1]/", true, "2001:db8::1", 443, "/", "https://[2001:db8::1]"},
      {"https://my_service:8443/", true, "my_service", 8443, "/", "https://my_service:8443"},
      {"https://xn--bcher-kva.example/", true, "xn--bcher-kva.example", 443, "/", "https://xn--bcher-kva.example"},
      {"https://example.com./", true, "example.com.", 443, "/", "https://example.com."},
  };
  for (auto const& row : table) {
    auto const read = parse_url(row.text);
    ASSERT_TRUE(read) << row.text << ": " << read.error().text;
    EXPECT_EQ(read->tls, row.tls) << row.text;
    EXPECT_EQ(read->host, row.host) << row.text;
    EXPECT_EQ(read->port, row.port) << row.text;
    EXPECT_EQ(read->target.reveal(), row.target) << row.text;
    EXPECT_EQ(read->shown(), row.shown) << row.text;
  }
}

TEST(Url, RefusesTheRestAndNeverQuotesIt) {
  std::string_view const table[] = {
      "",
      "example.com",
      "//example.com/",
      "https:",
      "https:/example.com",
      "https:example.com",
      "https:| ooks.example.com/x",
      "https://",
      "https:///path",
      "https://:443/",
      "ftp://example.com/",
      "file:///etc/passwd",
      "unix:/run/s.sock",
      "https://example.com:0/",
      "https://example.com:65536/",
      "https://example.com:99999999999999999999/",
      "https://example.com:44x/",
      "https://example.com:x",
      "https://a.example:12:34/",
      "https://[::1]x:44/",
      "https://user@example.com/",
      "https://user:hunter2@example.com/",
      "https://example.com/#part",
      "https://exa mple.com/",
      "https://example.com/a b",
      "https://exa%0d%0ample.com/",
      "https://exa%41mple.com/",
      "https://ex\xc3\xa4mple.com/",
      "https://.example.com/",
      "https://a..b/",
      "https://[::1/",
      "https://[::1%25eth0]/",
      "https://[v7.hunter2]/",
      "https://[hunter2]/",
      "https://example.com/\r\nX: y",
      " https://example.com/",
  };
  for (auto const text : table) {
    auto const read = parse_url(text);
    ASSERT_FALSE(read) << text;
    EXPECT_FALSE(read.error().text.empty()) << text;
    EXPECT_EQ(read.error().text.find("hunter2"), std::string::npos) << text;
    EXPECT_EQ(read.error().text.find("example.com"), std::string::npos) << text;
  }
}

TEST(Url, UserInfoOnlyWhereAllowedAndDecoded) {
  auto const proxy = parse_url("http://me:p%40ss%3a@proxy:3128", true);
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->userinfo.reveal(), "me:p@ss:");
  EXPECT_EQ(proxy->shown(), "http://proxy:3128");
}

TEST(Url, HostHeaderNamesThePortWhereItIsNotUsual) {
  EXPECT_EQ(parse_url("https://a.example/")->host_header(), "a.example");
  EXPECT_EQ(parse_url("https://a.example:8443/")->host_header(), "a.example:8443");
  EXPECT_EQ(parse_url("http://[::1]/")->host_header(), "[::1]");
  EXPECT_EQ(parse_url("http://[::1]:81/")->host_header(), "[::1]:81");
}

TEST(Url, Loopback) {
  for (auto const host : {"127.0.0.1", "127.255.3.4", "::1", "localhost", "LocalHost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (auto const host : {"128.0.0.1", "::2", "localhost.example.com", "0.0.0.0", "127.0.0.1.nip.io", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace buildwatch::net

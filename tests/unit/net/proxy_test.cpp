// HTTPS_PROXY and NO_PROXY as people write them.
#include <gtest/gtest.h>

#include "buildwatch/net/url.hpp"

namespace buildwatch::net {
namespace {

TEST(ProxyFromEnvironment, NoProxyTable) {
  struct {
    std::string_view target;
    std::string_view no_proxy;
    bool direct;
  } const table[] = {
      {"https://api.example.com/", "", false},
      {"https://api.example.com/", "*", true},
      {"https://api.example.com/", "example.com", true},
      {"https://example.com/", "example.com", true},
      {"https://badexample.com/", "example.com", false},
      {"https://api.example.com/", ".example.com", true},
      {"https://example.com/", ".example.com", true},
      {"https://api.example.com/", "*.example.com", true},
      {"https://api.example.com/", "EXAMPLE.com", true},
      {"https://api.example.com/", "other.org, example.com ,x", true},
      {"https://api.example.com/", "other.org example.com", true},
      {"https://api.example.com/", ",,", false},
      {"https://api.example.com/", ".", false},
      {"https://api.example.com/", "example.com:443", true},
      {"https://api.example.com/", "example.com:8443", false},
      {"https://api.example.com:8443/", "example.com:8443", true},
      {"https://api.example.com:8443/", "example.com", true},
      {"https://10.1.2.3/", "10.0.0.0/8", true},
      {"https://11.1.2.3/", "10.0.0.0/8", false},
      {"https://10.1.2.3/", "10.1.2.3", true},
      {"https://10.1.2.3/", "10.1.2.3:443", true},
      {"https://10.1.2.3/", "10.1.2.3:80", false},
      {"https://10.1.2.3/", "10.1.2.3/32", true},
      {"https://10.1.2.3/", "0.0.0.0/0", true},
      {"https://10.1.2.3/", "10.1.2/8", false},
      {"https://10.1.2.3/", "10.0.0.0/33", false},
      {"https://10.1.2.3/", "fd00::/8", false},
      {"https://10.1.2.3/", "2.3", false},
      {"https://[fd00::7]/", "fd00::/8", true},
      {"https://[fe00::7]/", "fd00::/8", false},
      {"https://[fd00::7]/", "[fd00::7]", true},
      {"https://[fd00::7]/", "fd00:0::7", true},
      {"https://[fd00::7]/", "[fd00::7]:443", true},
      {"https://[fd00::7]/", "[fd00::7]:80", false},
      {"https://ten.example/", "10.0.0.0/8", false},
      {"https://api.example.com/", "[", false},
      {"https://api.example.com/", "[:1", false},
      {"https://api.example.com/", ":443", false},
      {"https://127.0.0.1/", "localhost", false},
  };
  for (auto const& row : table) {
    auto const proxy = proxy_from_environment(*parse_url(row.target), "http://proxy:3128", row.no_proxy);
    ASSERT_TRUE(proxy) << row.no_proxy;
    EXPECT_EQ(!proxy->has_value(), row.direct) << row.target << " with NO_PROXY=" << row.no_proxy;
  }
}

TEST(ProxyFromEnvironment, ReadsTheProxy) {
  auto const target = *parse_url("https://api.example.com/");
  auto const full = proxy_from_environment(target, " http://u:p@proxy:3128/ ", "");
  ASSERT_TRUE(full && full->has_value());
  EXPECT_EQ((*full)->shown(), "http://proxy:3128");
  EXPECT_EQ((*full)->userinfo.reveal(), "u:p");
  auto const bare = proxy_from_environment(target, "proxy:3128", "");
  ASSERT_TRUE(bare && bare->has_value());
  EXPECT_EQ((*bare)->shown(), "http://proxy:3128");
  EXPECT_FALSE(proxy_from_environment(target, "", "")->has_value());
}

TEST(ProxyFromEnvironment, PlainTargetsNeverTakeIt) {
  EXPECT_FALSE(proxy_from_environment(*parse_url("http://api.example.com/"), "http://proxy:3128", "")->has_value());
}

TEST(ProxyFromEnvironment, AnythingElseIsAnErrorThatQuotesNothing) {
  auto const target = *parse_url("https://api.example.com/");
  for (auto const value : {"socks5://u:hunter2@proxy:1080", "http://", "http://pro xy", "hunter2@"}) {
    auto const proxy = proxy_from_environment(target, value, "");
    ASSERT_FALSE(proxy) << value;
    EXPECT_EQ(proxy.error().text.rfind("HTTPS_PROXY ", 0), 0U);
    EXPECT_EQ(proxy.error().text.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace buildwatch::net

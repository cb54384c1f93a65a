// HTTP dates and Retry-After.
#include <gtest/gtest.h>

#include "buildwatch/net/client.hpp"

namespace buildwatch::net {
namespace {

using namespace std::chrono_literals;

base::wall_time at(long long seconds) { return base::wall_time(std::chrono::seconds(seconds)); }

TEST(HttpDate, AllThreeForms) {
  auto const example = at(784'111'777);  // RFC 9110, 5.6.7 writes this instant in all three
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), example);
  EXPECT_EQ(parse_http_date("  Sun, 06 Nov 1994 08:49:37 GMT "), example);
  EXPECT_EQ(parse_http_date("Tue Nov 26 08:49:37 2026"), at(1'795'682'977));
  EXPECT_EQ(parse_http_date("Thursday, 26-Nov-26 08:49:37 GMT"), at(1'795'682'977));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), at(0));
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), at(1'709'251'200));  // a leap second
}

TEST(HttpDate, NothingElse) {
  for (auto const text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 31 Feb 2026 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "So, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx",
        "Sun, 00 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "Sun, 06 Nov", "Sun Nov  6 08:49:37 94",
        "Sun, 06 Nov 1994 -8:49:37 GMT", "Sun, 06 Nov 1994 08:49:3"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(RetryAfter, SecondsOrDate) {
  auto const now = at(784'111'777) - 90s;
  EXPECT_EQ(parse_retry_after("120", now), base::duration(120s));
  EXPECT_EQ(parse_retry_after(" 0 ", now), base::duration(0s));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), base::duration(90s));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), base::duration(90s));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", now), base::duration(90s));
}

TEST(RetryAfter, UnreadableNegativeOrPastIsNone) {
  auto const now = at(784'111'777) + 1s;
  for (auto const text : {"", "-1", "+5", "1.5", "5s", "0x10", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
  }
}

TEST(RetryAfter, MoreThanAYearIsAYear) {
  auto const year = base::duration(24h * 366);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", at(0)), year);
  EXPECT_EQ(parse_retry_after("9223372036854775807", at(0)), year);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", at(0)), year);
}

}  // namespace
}  // namespace buildwatch::net

// Durations and rates as they are written.
#include <gtest/gtest.h>

#include "buildwatch/config/config.hpp"

namespace buildwatch::config {
namespace {

using namespace std::chrono_literals;

TEST(parse_duration, knows_every_unit_and_their_combinations) {
  std::pair<char const*, base::duration> const table[] = {
      {"500ms", 500ms},
      {"15s", 15s},
      {"10m", 10min},
      {"2h", 2h},
      {"1d", 24h},
      {"1h30m", 90min},
      {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
      {"0s", 0s},
      {"007s", 7s},
      {"90m", 90min},
      {"1m500ms", 1min + 500ms},
      {"100000d", 24h * 100000},
  };
  for (auto const& [text, expected] : table) EXPECT_EQ(parse_duration(text), expected) << text;
}

TEST(parse_duration, refuses_what_is_none) {
  for (char const* text :
       {"",     "15",   "s",     "-5s",  "+5s",    "1.5s", "15 s", " 15s", "15s ", "15S",      "15sec",
        "1m1h", "1s1s", "1ms1s", "5m30", "1h 30m", "1e3s", "15us", "1w",   "s15",  "\xC2\xB5s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(parse_duration, takes_what_is_too_large_for_the_largest) {
  for (char const* text :
       {"99999999999999999999s", "9223372036854775807d", "200000d200000h", "110000d9223372036854775807ms"}) {
    EXPECT_EQ(parse_duration(text), base::duration::max()) << text;
  }
}

TEST(parse_rate, counts_per_second) {
  std::pair<char const*, double> const table[] = {{"10/s", 10},       {"600/m", 10}, {"30/m", 0.5},    {"0.5/s", 0.5},
                                                  {"10000/s", 10000}, {"0/s", 0},    {"1/m", 1.0 / 60}};
  for (auto const& [text, expected] : table) {
    auto const rate = parse_rate(text);
    ASSERT_TRUE(rate.has_value()) << text;
    EXPECT_DOUBLE_EQ(*rate, expected) << text;
  }
  EXPECT_GT(*parse_rate("1" + std::string(400, '0') + "/s"), 1e300);
}

TEST(parse_rate, refuses_what_is_none) {
  for (char const* text : {"", "10", "/s", "10/", "10/h", "10/ s", "10 /s", "-1/s", "+1/s", "1e3/s", "inf/s", "nan/s",
                           ".5/s", "5./s", "0x10/s", "10/s/s"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace buildwatch::config

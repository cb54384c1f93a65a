// The small parts: redaction, stamps, endpoints.
#include <gtest/gtest.h>

#include <array>

#include "buildwatch/codearts/options.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/redact.hpp"
#include "codearts/timestamp.hpp"

namespace buildwatch::codearts {
namespace {

std::string redacted(std::string text, std::string_view secret) {
  std::array const secrets{secret};
  redact(text, secrets);
  return text;
}

TEST(redact, hides_whole_secrets_and_long_stretches_of_them) {
  EXPECT_EQ(redacted("key abcdef.", "abcdef"), "key ***.");
  EXPECT_EQ(redacted("abcdefabcdef", "abcdef"), "***");
  EXPECT_EQ(redacted("key abcde.", "abcde"), "key abcde.");  // too short to hide anything behind
  EXPECT_EQ(redacted("token 0123456789abc...", "0123456789abcdefghijk"), "token ***...");
  EXPECT_EQ(redacted("token ...89abcdefghijk", "0123456789abcdefghijk"), "token ...***");
  EXPECT_EQ(redacted("token 0123456789a", "0123456789abcdefghijk"), "token 0123456789a");
  EXPECT_EQ(redacted("", "abcdef"), "");
  EXPECT_EQ(redacted("abc", ""), "abc");
}

TEST(timestamp, reads_what_iam_writes_and_nothing_else) {
  using namespace std::chrono;
  auto const day = base::wall_time{sys_days{2020y / January / 4}};
  EXPECT_EQ(parse_timestamp("2020-01-04T09:05:22.701000Z"), day + 9h + 5min + 22s + 701ms);
  EXPECT_EQ(parse_timestamp("2020-01-04T09:05:22Z"), day + 9h + 5min + 22s);
  EXPECT_EQ(parse_timestamp("2020-01-04T09:05:22.7Z"), day + 9h + 5min + 22s + 700ms);
  for (auto const* wrong : {"", "Z", "2020-01-04", "2020-01-04T09:05:22", "2020-01-04T09:05:22.Z",
                            "2020-02-30T09:05:22Z", "2020-01-04T24:05:22Z", "2020-01-04 09:05:22Z",
                            "2020-01-04T09:05:22.7x1Z", "2020-01-04T09:05:22+00:00", "2020-13-04T09:05:22Z"}) {
    EXPECT_EQ(parse_timestamp(wrong), std::nullopt) << wrong;
  }
}

TEST(endpoints, follow_the_region) {
  EXPECT_EQ(service_endpoint("cn-north-4").shown(), "https://cloudbuild-ext.cn-north-4.myhuaweicloud.com");
  EXPECT_EQ(iam_endpoint("cn-north-4").shown(), "https://iam.cn-north-4.myhuaweicloud.com");
  EXPECT_EQ(iam_endpoint("eu-west-101").shown(), "https://iam.eu-west-101.myhuaweicloud.eu");
  EXPECT_EQ(metadata_endpoint().shown(), "http://169.254.169.254");
}

TEST(one_line, cuts_between_characters) {
  EXPECT_EQ(one_line("äöü", 6), "äöü");
  EXPECT_EQ(one_line("äöüx", 6), "ä…");
  EXPECT_EQ(one_line("  a \r\n\t b  "), "a b");
  EXPECT_EQ(one_line("\xed\xa0\x80|\xf4\x90\x80\x80|\xc0\x80"),
            "\uFFFD\uFFFD\uFFFD|\uFFFD\uFFFD\uFFFD\uFFFD|\uFFFD\uFFFD");
}

}  // namespace
}  // namespace buildwatch::codearts

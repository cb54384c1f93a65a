// AK/SK signing against the vendor SDKs' own results.
#include "buildwatch/codearts/signing.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace buildwatch::codearts {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

struct vector_case {
  nlohmann::json source;
  pairs query;
  pairs headers;
  std::string text(char const* key) const { return source.at(key).get<std::string>(); }
  std::string expected(char const* key) const { return source.at("expected").at(key).get<std::string>(); }
};

std::vector<vector_case> vectors() {
  std::ifstream file(TEST_DATA "/codearts/signing-vectors.json");
  auto const document = nlohmann::json::parse(file);
  std::vector<vector_case> out;
  for (auto const& v : document.at("vectors")) {
    vector_case c{v, {}, {}};
    for (auto const& p : v.at("query")) c.query.emplace_back(p.at(0), p.at(1));
    for (auto const& [name, value] : v.at("headers_in").items()) c.headers.emplace_back(name, value);
    c.headers.emplace_back("host", v.at("host"));
    out.push_back(std::move(c));
  }
  return out;
}

TEST(signing, meets_every_vector_of_the_node_sdk_byte_for_byte) {
  auto const all = vectors();
  ASSERT_EQ(all.size(), 26u);
  for (auto const& v : all) {
    SCOPED_TRACE(v.text("name"));
    auto const method = v.text("method"), path = v.text("path"), body = v.text("body"), date = v.text("sdk_date");
    signable const what{method, path, v.query, v.headers, body};
    EXPECT_EQ(canonical_uri(path), v.expected("canonical_uri"));
    EXPECT_EQ(signed_headers(what), v.expected("signed_headers"));
    auto const canonical = canonical_request(what);
    EXPECT_EQ(canonical, v.expected("canonical_request"));
    EXPECT_EQ(string_to_sign(canonical, date), v.expected("string_to_sign"));
    signer keys(v.text("access_key"), base::secret(v.text("secret_key")));
    EXPECT_EQ(keys.authorization(what, date), v.expected("authorization"));
  }
}

TEST(signing, a_signer_that_is_used_again_gives_the_same_as_a_fresh_one) {
  auto const all = vectors();
  signer keys("TESTAK00000000000001", base::secret("test-secret-key-0000000000000000000000001"));
  for (int round = 0; round < 3; ++round) {
    for (auto const& v : all) {
      if (v.text("access_key") != "TESTAK00000000000001") continue;
      std::string out = "Authorization: ";
      keys.authorize(v.expected("canonical_request"), v.expected("signed_headers"), v.text("sdk_date"), out);
      EXPECT_EQ(out, "Authorization: " + v.expected("authorization")) << v.text("name");
    }
  }
}

// The two vectors of the vendor's own Go test (codearts-api.md 3.2).
TEST(signing, meets_the_vectors_of_the_go_sdk) {
  signer keys("AccessKey", base::secret("SecretKey"));
  pairs const headers{{"X-Sdk-Date", "20060102T150405Z"}};
  std::string const start = "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=";
  pairs const limit{{"limit", "1"}};
  signable const get{"GET", "/path", limit, headers, ""};
  EXPECT_EQ(keys.authorization(get, "20060102T150405Z"),
            start + "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624");
  pairs const key{{"key", "value"}};
  signable const post{"POST", "/path", key, headers, "{\"Name\":\"test\",\"Id\":1}\n"};
  EXPECT_EQ(keys.authorization(post, "20060102T150405Z"),
            start + "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59");
}

TEST(signing, trims_blanks_around_header_values) {
  pairs const blanks{{"X-Sdk-Date", " 20060102T150405Z\t"}, {"X-Empty", "  "}};
  pairs const none{{"X-Sdk-Date", "20060102T150405Z"}, {"X-Empty", ""}};
  signable const with{"GET", "/", {}, blanks, ""};
  signable const without{"GET", "/", {}, none, ""};
  EXPECT_EQ(canonical_request(with), canonical_request(without));
}

TEST(signing, an_empty_path_is_the_root) { EXPECT_EQ(canonical_uri(""), "/"); }

TEST(signing, the_hash_of_no_body_is_the_constant) {
  signable const what{"GET", "/", {}, {}, ""};
  EXPECT_TRUE(canonical_request(what).ends_with(empty_body_hash));
}

TEST(signing, an_empty_key_signs_without_crashing) {
  signer keys("", base::secret(""));
  std::string first, second;
  keys.authorize("a", "host", "20060102T150405Z", first);
  keys.authorize("a", "host", "20060102T150405Z", second);
  EXPECT_EQ(first, second);
}

TEST(signing, writes_dates_in_utc_without_separators) {
  using namespace std::chrono;
  EXPECT_EQ(sdk_date(base::wall_time{sys_days{2026y / January / 2} + 3h + 4min + 5s + 999ms}), "20260102T030405Z");
  EXPECT_EQ(sdk_date(base::wall_time{sys_days{2024y / February / 29}}), "20240229T000000Z");
  EXPECT_EQ(sdk_date(base::wall_time{sys_days{2024y / December / 31} + 23h + 59min + 59s}), "20241231T235959Z");
}

}  // namespace
}  // namespace buildwatch::codearts

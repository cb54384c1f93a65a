// Credentials that are fetched: tokens of IAM, keys of the metadata service. Who waits for whom, who renews, who is
// told what.
#include <nlohmann/json.hpp>

#include "unit/codearts/source_fixture.hpp"

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::sight;
using namespace std::chrono_literals;
using questions = std::vector<std::shared_ptr<testing::question>>;

class codearts_iam : public testing::source_test {
 protected:
  codearts_iam() {
    how.domain = "demo-account";
    how.user = "demo-user";
    how.password = base::secret("correct horse \"battery\"");
  }

  /// A token for a day, by the other side's clock, which is years off ours.
  void grant(std::size_t i, std::string const& name, std::string const& expires = "2020-01-04T09:05:22.701000Z") {
    side(i).fields().subject_token = name;
    answer(side(i), 201, R"({"token":{"issued_at":"2020-01-03T09:05:22.701000Z","expires_at":")" + expires + R"("}})");
  }

  questions ask_many(std::size_t count) {
    questions out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(ask());
    return out;
  }

  iam_auth how;
};

TEST_F(codearts_iam, asks_for_a_token_of_the_region_before_anything_else) {
  make(how);
  auto const q = ask();
  EXPECT_EQ(api_count(), 0u);
  ASSERT_EQ(side_count(), 1u);
  EXPECT_EQ(side(0).method, net::method::post);
  EXPECT_EQ(side(0).target, "/v3/auth/tokens?nocatalog=true");
  EXPECT_TRUE(side(0).has("Content-Type: application/json;charset=utf8"));
  EXPECT_EQ(nlohmann::json::parse(side(0).body), nlohmann::json::parse(R"({"auth":{"identity":{"methods":["password"],
    "password":{"user":{"domain":{"name":"demo-account"},"name":"demo-user","password":"correct horse \"battery\""}}},
    "scope":{"project":{"name":"ap-southeast-3"}}}})"));
  EXPECT_EQ(side(0).deadline, clock.now().mono + options.timeout);
  grant(0, "token-one");
  ASSERT_EQ(api_count(), 1u);
  EXPECT_TRUE(api(0).has("X-Auth-Token: token-one"));
  answer(api(0), 200, running);
  EXPECT_EQ(q->seen.sight, sight::running);
}

TEST_F(codearts_iam, one_token_serves_all) {
  make(how);
  ask_many(10);
  EXPECT_EQ(side_count(), 1u);
  grant(0, "token-one");
  ASSERT_EQ(api_count(), 10u);
  EXPECT_TRUE(api(9).has("X-Auth-Token: token-one"));
  clock.advance(1h);
  ask();
  EXPECT_EQ(api_count(), 11u);
  EXPECT_EQ(side_count(), 1u);
}

TEST_F(codearts_iam, ten_401s_at_once_cause_one_renewal) {
  make(how);
  auto const all = ask_many(10);
  grant(0, "token-one");
  for (std::size_t i = 0; i < 10; ++i) answer(api(i), 401, refused);
  EXPECT_EQ(side_count(), 2u);
  EXPECT_EQ(api_count(), 10u);
  grant(1, "token-two");
  ASSERT_EQ(api_count(), 20u);
  for (std::size_t i = 10; i < 20; ++i) {
    EXPECT_TRUE(api(i).has("X-Auth-Token: token-two"));
    answer(api(i), 200, running);
  }
  for (auto const& q : all) EXPECT_EQ(q->seen.sight, sight::running);
  EXPECT_EQ(side_count(), 2u);
}

TEST_F(codearts_iam, a_late_401_to_the_old_token_renews_nothing) {
  make(how);
  ask_many(2);
  grant(0, "token-one");
  answer(api(0), 401, refused);
  grant(1, "token-two");
  answer(api(1), 401, refused);  // was sent with token-one
  EXPECT_EQ(side_count(), 2u);
  ASSERT_EQ(api_count(), 4u);
  EXPECT_TRUE(api(3).has("X-Auth-Token: token-two"));
}

TEST_F(codearts_iam, a_new_token_that_is_refused_too_is_a_refusal) {
  make(how);
  auto const q = ask();
  grant(0, "token-one");
  answer(api(0), 401, refused);
  grant(1, "token-two");
  answer(api(1), 401, refused);
  EXPECT_TRUE(q->done);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(api_count(), 2u);
  EXPECT_EQ(side_count(), 2u);
}

TEST_F(codearts_iam, renews_ahead_of_time_while_the_old_token_goes_on) {
  make(how);
  ask();
  grant(0, "token-one");
  clock.advance(24h - 2h - 24min - 1s);  // a tenth of 24 h and a second are left
  ask();
  EXPECT_EQ(side_count(), 1u);
  clock.advance(1s);
  ask_many(3);
  EXPECT_EQ(side_count(), 2u);
  ASSERT_EQ(api_count(), 5u);
  EXPECT_TRUE(api(4).has("X-Auth-Token: token-one"));
  grant(1, "token-two");
  ask();
  EXPECT_TRUE(api(5).has("X-Auth-Token: token-two"));
  EXPECT_EQ(side_count(), 2u);
}

TEST_F(codearts_iam, a_renewal_ahead_of_time_that_fails_is_told_once_and_tried_again) {
  make(how);
  ask();
  grant(0, "token-one");
  clock.advance(22h);
  ask();
  fail(side(1), net::errc::no_connection, "connect to 10.0.0.1:443: Connection refused");
  auto const q = ask();
  EXPECT_EQ(side_count(), 2u);  // not at once
  EXPECT_TRUE(api(2).has("X-Auth-Token: token-one"));
  clock.advance(1min);
  ask();
  EXPECT_EQ(side_count(), 3u);
  fail(side(2), net::errc::no_connection, "connect to 10.0.0.1:443: Connection refused");
  std::size_t warnings = 0;
  for (auto const& e : log.events) {
    if (e.id != "credential.renewal_failed") continue;
    ++warnings;
    EXPECT_NE(e.text.find("IAM https://iam.ap-southeast-3.myhuaweicloud.com: connect to 10.0.0.1:443"), e.text.npos);
  }
  EXPECT_EQ(warnings, 1u);
}

TEST_F(codearts_iam, a_refusal_ahead_of_time_is_tried_again_every_5_minutes_only) {
  make(how);
  ask();
  grant(0, "token-one");
  clock.advance(22h);
  ask();
  ASSERT_EQ(side_count(), 2u);
  answer(side(1), 401, refused);
  clock.advance(5min - 1s);
  ask();
  EXPECT_EQ(side_count(), 2u);
  clock.advance(1s);
  ask();
  EXPECT_EQ(side_count(), 3u);
}

TEST_F(codearts_iam, a_pause_that_is_asked_for_ahead_of_time_is_kept) {
  make(how);
  ask();
  grant(0, "token-one");
  clock.advance(22h);
  ask();
  side(1).fields().retry_after = "600";
  answer(side(1), 429, "{}");
  clock.advance(10min - 1s);
  ask();
  EXPECT_EQ(side_count(), 2u);
  clock.advance(1s);
  ask();
  EXPECT_EQ(side_count(), 3u);
}

TEST_F(codearts_iam, a_token_of_the_year_9999_counts) {
  make(how);
  ask();
  grant(0, "token-one", "9999-12-31T23:59:59.000000Z");
  clock.advance(24h * 365);
  ask();
  EXPECT_EQ(api_count(), 2u);
  EXPECT_EQ(side_count(), 1u);
}

TEST_F(codearts_iam, a_token_past_its_end_is_not_sent) {
  make(how);
  ask();
  grant(0, "token-one");
  clock.advance(24h);
  auto const q = ask();
  EXPECT_EQ(api_count(), 1u);
  EXPECT_EQ(side_count(), 2u);
  fail(side(1), net::errc::no_connection, "look-up of iam timed out");
  EXPECT_EQ(q->seen.fault, fault::no_connection);
  EXPECT_EQ(q->seen.text, "IAM https://iam.ap-southeast-3.myhuaweicloud.com: look-up of iam timed out");
}

TEST_F(codearts_iam, a_short_life_is_renewed_at_its_half) {
  make(how);
  ask();
  grant(0, "token-one", "2020-01-03T09:05:26.701Z");  // 4 s
  clock.advance(1999ms);
  ask();
  EXPECT_EQ(side_count(), 1u);
  clock.advance(1ms);
  ask();
  EXPECT_EQ(side_count(), 2u);
}

TEST_F(codearts_iam, a_token_without_a_readable_end_counts_for_a_day) {
  make(how);
  for (std::string const body : {"", "[]", "{\"token\":7}", "{\"token\":{\"expires_at\":\"soon\"}}"}) {
    ask();
    auto& latest = *side_wire->sent.back();
    latest.fields().subject_token = "token";
    answer(latest, 201, body);
    auto const fetches = side_count();
    clock.advance(21h);
    ask();
    EXPECT_EQ(side_count(), fetches) << body;
    clock.advance(3h);
  }
}

TEST_F(codearts_iam, a_wrong_password_is_a_refusal_that_names_iam_for_all_who_wait) {
  make(how);
  auto const all = ask_many(3);
  answer(side(0), 401,
         R"({"error":{"code":401,"message":"The password correct horse \"battery\" of demo-user is wrong."}})");
  for (auto const& q : all) {
    ASSERT_TRUE(q->done);
    EXPECT_EQ(q->seen.sight, sight::failed);
    EXPECT_EQ(q->seen.fault, fault::refused);
    EXPECT_EQ(q->seen.text,
              "IAM https://iam.ap-southeast-3.myhuaweicloud.com: HTTP 401 401: The password *** of *** is wrong.");
  }
  EXPECT_EQ(side_count(), 1u);
  EXPECT_EQ(api_count(), 0u);
}

TEST_F(codearts_iam, other_failures_of_iam_are_no_refusals) {
  make(how);
  std::pair<unsigned, fault> const table[] = {{400, fault::refused},   {403, fault::refused}, {404, fault::refused},
                                              {429, fault::throttled}, {500, fault::other},   {503, fault::throttled},
                                              {302, fault::other},     {201, fault::other}};
  for (auto const& [status, kind] : table) {
    auto const q = ask();
    auto& latest = *side_wire->sent.back();
    latest.fields().retry_after = "9";
    answer(latest, status);
    EXPECT_EQ(q->seen.fault, kind) << status;
    EXPECT_TRUE(q->seen.text.starts_with("IAM https://")) << q->seen.text;
    EXPECT_EQ(q->seen.retry_after.has_value(), kind == fault::throttled);
  }
}

TEST_F(codearts_iam, a_renewal_that_fails_after_a_401_says_both) {
  make(how);
  auto const q = ask();
  grant(0, "token-one");
  answer(api(0), 401, refused);
  answer(side(1), 500, R"({"error":{"code":500,"message":"sorry"}})");
  EXPECT_EQ(q->seen.fault, fault::other);
  EXPECT_TRUE(
      q->seen.text.starts_with("IAM https://iam.ap-southeast-3.myhuaweicloud.com: HTTP 500 500: sorry (after "
                               "HTTP 401 APIGW.0301: "))
      << q->seen.text;
  // A token known to be refused is not sent again.
  ask();
  EXPECT_EQ(api_count(), 1u);
  EXPECT_EQ(side_count(), 3u);
}

TEST_F(codearts_iam, nobody_waits_past_the_deadline_of_the_question) {
  options.timeout = 10s;
  make(how);
  auto const first = ask();
  pass(4s);
  auto const second = ask();
  pass(6s);
  EXPECT_TRUE(first->done);
  EXPECT_EQ(first->seen.text, "no credential in time");
  EXPECT_EQ(first->seen.fault, fault::other);
  EXPECT_FALSE(second->done);
  grant(0, "token-one");
  EXPECT_EQ(api_count(), 1u);
}

TEST_F(codearts_iam, stop_ends_the_wait_for_a_token) {
  make(how);
  auto const all = ask_many(3);
  source->stop();
  turn();
  for (auto const& q : all) {
    ASSERT_TRUE(q->done);
    EXPECT_EQ(q->seen.text, "stopped");
  }
  EXPECT_TRUE(side_wire->closed);
}

class codearts_ecs : public testing::source_test {
 protected:
  static std::string keys(std::string const& access, std::string const& expires) {
    return R"({"credential":{"access":")" + access + R"(","secret":"secret-of-)" + access +
           R"(","securitytoken":"token-of-)" + access + R"(","expires_at":")" + expires + R"("}})";
  }
  void session(std::size_t i) { answer(side(i), 200, "metadata-token"); }
  void grant(std::size_t i, std::string const& access = "KEYONE", std::string const& expires = tomorrow) {
    answer(side(i), 200, keys(access, expires));
  }
  /// The fixture's clock stands at 2026-11-18T11:06:40Z.
  static constexpr char const* tomorrow = "2026-11-19T11:06:40.000000Z";
};

TEST_F(codearts_ecs, asks_for_a_metadata_token_then_for_keys) {
  make(ecs_auth{});
  auto const q = ask();
  EXPECT_EQ(side(0).method, net::method::put);
  EXPECT_EQ(side(0).target, "/meta-data/latest/api/token");
  EXPECT_TRUE(side(0).has("X-Metadata-Token-Ttl-Seconds: 21600"));
  EXPECT_EQ(side(0).deadline, clock.now().mono + 3s);
  session(0);
  EXPECT_EQ(side(1).method, net::method::get);
  EXPECT_EQ(side(1).target, "/openstack/latest/securitykey");
  EXPECT_TRUE(side(1).has("X-Metadata-Token: metadata-token"));
  EXPECT_EQ(side(1).deadline, clock.now().mono + 3s);
  grant(1);
  ASSERT_EQ(api_count(), 1u);
  EXPECT_TRUE(api(0).has("X-Security-Token: token-of-KEYONE"));
  EXPECT_NE(api(0).headers.find("Authorization: SDK-HMAC-SHA256 Access=KEYONE, "
                                "SignedHeaders=host;x-sdk-date;x-security-token, Signature="),
            std::string::npos);
  answer(api(0), 200, running);
  EXPECT_EQ(q->seen.sight, sight::running);
}

TEST_F(codearts_ecs, goes_on_without_a_metadata_token_where_there_is_none) {
  for (unsigned const status : {404u, 405u, 503u}) {
    make(ecs_auth{});
    ask();
    answer(side(0), status);
    EXPECT_EQ(side(1).target, "/openstack/latest/securitykey");
    EXPECT_EQ(side(1).headers.find("X-Metadata-Token"), std::string::npos);
  }
}

TEST_F(codearts_ecs, other_answers_for_the_metadata_token_are_failures) {
  make(ecs_auth{});
  auto const q = ask();
  answer(side(0), 500);
  EXPECT_EQ(q->seen.fault, fault::other);
  EXPECT_EQ(q->seen.text, "metadata service http://169.254.169.254: HTTP 500, the body is empty");
  EXPECT_EQ(side_count(), 1u);
}

TEST_F(codearts_ecs, a_metadata_token_that_has_ended_is_renewed_once) {
  make(ecs_auth{});
  auto const q = ask();
  session(0);
  answer(side(1), 401, "token expired");
  EXPECT_EQ(side(2).method, net::method::put);
  session(2);
  answer(side(3), 401, "token expired");
  EXPECT_TRUE(q->done);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(side_count(), 4u);
}

TEST_F(codearts_ecs, a_server_without_an_agency_is_a_refusal_at_once) {
  make(ecs_auth{});
  auto const q = ask();
  session(0);
  answer(side(1), 401, "Please configure Cloud Service Agency first");
  EXPECT_EQ(side_count(), 2u);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(q->seen.text,
            "metadata service http://169.254.169.254: HTTP 401, the body is no JSON: Please configure Cloud Service "
            "Agency first");
}

TEST_F(codearts_ecs, renews_when_under_40_minutes_are_left) {
  make(ecs_auth{});
  ask();
  session(0);
  grant(1);
  clock.advance(24h - 40min - 1s);
  ask();
  EXPECT_EQ(side_count(), 2u);
  clock.advance(1s);
  ask();
  ASSERT_EQ(side_count(), 3u);
  EXPECT_NE(api(2).headers.find("Access=KEYONE"), std::string::npos);
  session(2);
  grant(3, "KEYTWO", "2026-11-20T11:06:40.000000Z");
  ask();
  EXPECT_NE(api(3).headers.find("Access=KEYTWO"), std::string::npos);
}

TEST_F(codearts_ecs, after_a_401_only_other_keys_are_worth_a_second_request) {
  make(ecs_auth{});
  auto const same = ask();
  session(0);
  grant(1);
  answer(api(0), 401, refused);
  EXPECT_EQ(side(2).target, "/openstack/latest/securitykey");  // the metadata token is still good
  grant(2);
  EXPECT_TRUE(same->done);
  EXPECT_EQ(same->seen.fault, fault::refused);
  EXPECT_EQ(api_count(), 1u);

  auto const other = ask();
  answer(api(1), 401, refused);
  grant(3, "KEYTWO");
  ASSERT_EQ(api_count(), 3u);
  EXPECT_NE(api(2).headers.find("Access=KEYTWO"), std::string::npos);
  answer(api(2), 200, running);
  EXPECT_EQ(other->seen.sight, sight::running);
}

TEST_F(codearts_ecs, keys_that_make_no_sense_are_a_failure) {
  make(ecs_auth{});
  for (std::string const& body :
       {std::string("{}"), std::string("<html>"), keys("KEYONE", "tomorrow"), keys("KEY\\nONE", tomorrow),
        std::string(R"({"credential":{"access":7}})"), std::string(1 << 20, '[')}) {
    auto const q = ask();
    if (side_wire->sent.back()->method == net::method::put) session(side_count() - 1);
    answer(*side_wire->sent.back(), 200, body);
    EXPECT_EQ(q->seen.fault, fault::other);
    EXPECT_NE(q->seen.text.find("holds no keys"), std::string::npos) << q->seen.text;
  }
}

TEST_F(codearts_ecs, keys_that_seem_to_have_ended_are_used_all_the_same) {
  make(ecs_auth{});  // our clock may be the one that is wrong
  auto const q = ask();
  session(0);
  grant(1, "KEYONE", "2026-11-18T11:00:00Z");
  EXPECT_EQ(api_count(), 1u);
  ask();
  EXPECT_EQ(api_count(), 2u);
  EXPECT_EQ(side_count(), 2u);
}

}  // namespace
}  // namespace buildwatch::codearts

// The poll path: what is sent, byte for byte, and what becomes of each end a request can come to.
#include <fstream>
#include <nlohmann/json.hpp>

#include "buildwatch/base/version.hpp"
#include "buildwatch/codearts/signing.hpp"
#include "unit/codearts/source_fixture.hpp"

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::sight;

class codearts_source : public testing::source_test {
 protected:
  static aksk_auth keys(std::string token = {}) {
    aksk_auth out;
    out.access_key = base::secret("TESTAK00000000000001");
    out.secret_key = base::secret("test-secret-key-0000000000000000000000001");
    out.security_token = base::secret(std::move(token));
    return out;
  }

  /// The moment of the vectors: 2026-01-02T03:04:05Z.
  void at_the_vectors_time() {
    clock.at.wall = base::wall_time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + std::chrono::hours(3) +
                                    std::chrono::minutes(4) + std::chrono::milliseconds(5999)};
  }

  static std::string vector_authorization(std::string const& name) {
    std::ifstream file(TEST_DATA "/codearts/signing-vectors.json");
    auto const document = nlohmann::json::parse(file);
    for (auto const& v : document.at("vectors")) {
      if (v.at("name") == name) return v.at("expected").at("authorization");
    }
    ADD_FAILURE() << name;
    return {};
  }

  std::string common() const {
    return "Accept: application/json\r\nUser-Agent: buildwatchd/" + std::string(base::version()) +
           "\r\nContent-Type: application/json\r\n";
  }
};

TEST_F(codearts_source, asks_build_info_and_running_status) {
  make(no_auth{});
  auto const build = ask();
  auto const job = ask(watch::asks::newest);
  EXPECT_EQ(api(0).target, "/v1/job/0123456789abcdef0123456789abcdef/42/build-info");
  EXPECT_EQ(api(1).target, "/v1/job/0123456789abcdef0123456789abcdef/running-status");
  EXPECT_EQ(api(0).method, net::method::get);
  EXPECT_EQ(api(0).headers, common());
  EXPECT_EQ(api(0).body, "");
  answer(api(1), 200, R"({"result":{"last_build_no":"9"},"status":"success"})");
  EXPECT_EQ(job->seen.sight, sight::job_exists);
  EXPECT_FALSE(build->done);
  answer(api(0), 200, running);
  EXPECT_EQ(build->seen.sight, sight::running);
}

TEST_F(codearts_source, the_largest_build_number_and_a_path_before_the_apis) {
  options.endpoint.target = base::secret("/gate%20way/x/");
  at_the_vectors_time();
  make(keys());
  auto const q = ask(watch::asks::build, 2147483647);
  EXPECT_EQ(api(0).target, "/gate%20way/x/v1/job/0123456789abcdef0123456789abcdef/2147483647/build-info");
  signer independent("TESTAK00000000000001", base::secret("test-secret-key-0000000000000000000000001"));
  std::vector<std::pair<std::string, std::string>> const headers{
      {"host", "cloudbuild-ext.ap-southeast-3.myhuaweicloud.com"}, {"x-sdk-date", "20260102T030405Z"}};
  signable const what{
      "GET", "/gate way/x/v1/job/0123456789abcdef0123456789abcdef/2147483647/build-info", {}, headers, ""};
  EXPECT_TRUE(api(0).has("Authorization: " + independent.authorization(what, "20260102T030405Z")));
}

TEST_F(codearts_source, signs_as_the_vendors_sdk_does) {
  at_the_vectors_time();
  make(keys());
  ask();
  EXPECT_EQ(api(0).headers, common() + "X-Sdk-Date: 20260102T030405Z\r\nAuthorization: " +
                                vector_authorization("build-info-get") + "\r\n");
}

TEST_F(codearts_source, signs_the_project_id_it_sends) {
  at_the_vectors_time();
  options.iam_project_id = "fedcba9876543210fedcba9876543210";
  make(keys());
  ask();
  EXPECT_EQ(api(0).headers, common() +
                                "X-Project-Id: fedcba9876543210fedcba9876543210\r\nX-Sdk-Date: 20260102T030405Z\r\n" +
                                "Authorization: " + vector_authorization("build-info-get-project-id") + "\r\n");
}

TEST_F(codearts_source, signs_the_security_token_it_sends) {
  at_the_vectors_time();
  options.iam_project_id = "fedcba9876543210fedcba9876543210";
  make(keys("gQ1mYWtl/dG9rZW4+MDEyMzQ1Njc4OTA=.sig_-~"));
  ask();
  EXPECT_EQ(api(0).headers, common() + "X-Project-Id: fedcba9876543210fedcba9876543210\r\n" +
                                "X-Sdk-Date: 20260102T030405Z\r\n" +
                                "X-Security-Token: gQ1mYWtl/dG9rZW4+MDEyMzQ1Njc4OTA=.sig_-~\r\nAuthorization: " +
                                vector_authorization("build-info-get-security-token") + "\r\n");
}

TEST_F(codearts_source, the_date_of_a_signature_moves_with_the_clock) {
  at_the_vectors_time();
  make(keys());
  ask();
  clock.advance(std::chrono::milliseconds(1));  // 05.999 -> 06.000
  ask();
  EXPECT_TRUE(api(0).has("X-Sdk-Date: 20260102T030405Z"));
  EXPECT_TRUE(api(1).has("X-Sdk-Date: 20260102T030406Z"));
  clock.at.wall -= std::chrono::hours(1);  // a step back is followed as well
  ask();
  EXPECT_TRUE(api(2).has("X-Sdk-Date: 20260102T020406Z"));
}

TEST_F(codearts_source, passes_its_deadline_on) {
  options.timeout = std::chrono::seconds(7);
  make(no_auth{});
  ask();
  EXPECT_EQ(api(0).deadline, clock.now().mono + std::chrono::seconds(7));
}

TEST_F(codearts_source, ends_with_its_question_where_that_is_sooner) {
  options.timeout = std::chrono::seconds(7);
  make(no_auth{});
  watch::query query;
  query.what = watch::asks::record;
  query.deadline = clock.now().mono + std::chrono::seconds(2);
  ask(query);
  EXPECT_EQ(api(0).deadline, query.deadline);
  query.deadline = clock.now().mono + std::chrono::seconds(9);
  ask(query);
  EXPECT_EQ(api(1).deadline, clock.now().mono + std::chrono::seconds(7));
}

TEST_F(codearts_source, tells_ends_without_an_answer_apart) {
  make(no_auth{});
  struct {
    net::errc code;
    fault kind;
  } const table[] = {{net::errc::no_connection, fault::no_connection},
                     {net::errc::timed_out, fault::other},
                     {net::errc::broken, fault::other},
                     {net::errc::too_large, fault::other},
                     {net::errc::stopped, fault::other}};
  for (auto const& row : table) {
    auto const q = ask();
    fail(*api_wire->sent.back(), row.code, "connect to 10.0.0.7:443: refused\n");
    EXPECT_EQ(q->seen.sight, sight::failed);
    EXPECT_EQ(q->seen.fault, row.kind);
    EXPECT_EQ(q->seen.text, "connect to 10.0.0.7:443: refused");
  }
}

TEST_F(codearts_source, hands_on_what_a_throttling_server_asks_for) {
  make(no_auth{});
  auto const seconds = ask();
  api(0).fields().retry_after = "120";
  answer(api(0), 429);
  EXPECT_EQ(seconds->seen.fault, fault::throttled);
  EXPECT_EQ(seconds->seen.retry_after, std::chrono::seconds(120));

  auto const date = ask();  // the fixture's clock stands at 2026-11-18T11:06:40Z
  api(1).fields().retry_after = "Wed, 18 Nov 2026 11:07:10 GMT";
  answer(api(1), 503);
  EXPECT_EQ(date->seen.retry_after, std::chrono::seconds(30));

  auto const other = ask();
  api(2).fields().retry_after = "120";
  answer(api(2), 500);
  EXPECT_EQ(other->seen.fault, fault::other);
  EXPECT_EQ(other->seen.retry_after, std::nullopt);
}

TEST_F(codearts_source, a_refused_signature_is_never_repeated) {
  make(keys());
  auto const q = ask();
  answer(api(0), 401, R"({"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"})");
  EXPECT_TRUE(q->done);
  EXPECT_EQ(q->seen.sight, sight::failed);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(q->seen.text, "HTTP 401 APIGW.0301: verify aksk signature fail");
  EXPECT_EQ(api_count(), 1u);
}

TEST_F(codearts_source, a_401_from_a_clock_far_off_names_the_clock) {
  make(keys());
  auto const ahead = ask();
  api(0).fields().date = "Wed, 18 Nov 2026 11:18:45 GMT";
  answer(api(0), 401);
  EXPECT_EQ(ahead->seen.text,
            "clock skew: the server's clock is 12 min ahead of ours; check NTP (HTTP 401, the body is empty)");
  EXPECT_EQ(ahead->seen.fault, fault::refused);
  auto const behind = ask();
  api(1).fields().date = "Wed, 18 Nov 2026 09:06:40 GMT";
  answer(api(1), 401);
  EXPECT_TRUE(behind->seen.text.starts_with("clock skew: the server's clock is 2 h behind ours; check NTP"));
  auto const near = ask();
  api(2).fields().date = "Wed, 18 Nov 2026 11:11:40 GMT";  // five minutes are still fine
  answer(api(2), 401);
  EXPECT_EQ(near->seen.text, "HTTP 401, the body is empty");
  auto const well = ask();
  api(3).fields().date = "Wed, 18 Nov 2026 20:00:00 GMT";  // and a clock nobody complains of is nobody's business
  answer(api(3), 200, running);
  EXPECT_EQ(well->seen.text, "");
}

TEST_F(codearts_source, secrets_that_the_server_echoes_are_not_shown) {
  make(keys("security-token-of-some-length"));
  auto const q = ask();
  answer(api(0), 401,
         R"({"error_code":"APIGW.0301","error_msg":"AK TESTAK00000000000001 with test-secret-key-00000 and )"
         R"(security-token-of-some-length is unknown"})");
  EXPECT_EQ(q->seen.text, "HTTP 401 APIGW.0301: AK *** with *** and *** is unknown");
}

TEST_F(codearts_source, a_secret_escaped_in_the_json_is_not_shown_either) {
  token_auth with;
  with.token = base::secret("se/cret\"token");
  make(with);
  auto const q = ask();
  answer(api(0), 400, R"({"error_code":"X","error_msg":"bad se\/cret\"to\u006ben!"})");
  EXPECT_EQ(q->seen.text, "HTTP 400 X: bad ***!");
}

TEST_F(codearts_source, stop_ends_what_is_under_way_and_all_that_comes) {
  make(keys());
  auto const before = ask();
  source->stop();
  turn();
  ASSERT_TRUE(before->done);
  EXPECT_EQ(before->seen.sight, sight::failed);
  EXPECT_EQ(before->seen.text, "stopped");
  auto const after = ask();
  EXPECT_TRUE(after->done);
  EXPECT_EQ(after->seen.text, "stopped");
  EXPECT_EQ(api_count(), 1u);
}

TEST_F(codearts_source, many_questions_at_once_keep_their_answers_apart) {
  make(no_auth{});
  std::vector<std::shared_ptr<testing::question>> all;
  for (std::uint32_t n = 1; n <= 20; ++n) all.push_back(ask(watch::asks::build, n));
  for (std::size_t i = 20; i-- > 0;) {
    answer(api(i), 200,
           R"({"result":{"building":false,"build_result":"W)" + std::to_string(i) + R"("},"status":"success"})");
  }
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(all[i]->seen.word, "W" + std::to_string(i));
}

TEST_F(codearts_source, credentials_that_can_not_be_sent_are_refused_at_once) {
  aksk_auth bad = keys();
  bad.access_key = base::secret("AK\r\nX-Evil: 1");
  EXPECT_EQ(why_not(bad), "provider huawei: auth.access_key is empty or holds a control character");
  token_auth empty;
  EXPECT_EQ(why_not(empty), "provider huawei: auth.token is empty or holds a control character");
  iam_auth latin;
  latin.password = base::secret("caf\xe9");
  EXPECT_EQ(why_not(latin), "provider huawei: auth.domain, user, password or project is no UTF-8");
  options.iam_project_id = "a\nb";
  EXPECT_EQ(why_not(no_auth{}), "provider huawei: iam_project_id holds a control character");
}

class codearts_token : public testing::source_test {
 protected:
  void make_with(std::vector<base::result<base::secret>> later) {
    later_ = std::move(later);
    token_auth with;
    with.token = base::secret("first-token");
    with.read_again = [this] { return later_.at(reads_++); };
    make(with);
  }
  std::vector<base::result<base::secret>> later_;
  std::size_t reads_ = 0;
};

TEST_F(codearts_token, is_sent) {
  make_with({});
  ask();
  EXPECT_TRUE(api(0).has("X-Auth-Token: first-token"));
}

TEST_F(codearts_token, that_is_refused_is_read_again_and_the_request_repeated_once) {
  make_with({base::secret("second-token")});
  auto const q = ask();
  auto const deadline = api(0).deadline;
  clock.advance(std::chrono::seconds(1));
  answer(api(0), 401, refused);
  ASSERT_EQ(api_count(), 2u);
  EXPECT_TRUE(api(1).has("X-Auth-Token: second-token"));
  EXPECT_FALSE(api(1).has("X-Auth-Token: first-token"));
  EXPECT_EQ(api(1).target, api(0).target);
  EXPECT_EQ(api(1).deadline, deadline);
  answer(api(1), 200, running);
  EXPECT_EQ(q->seen.sight, sight::running);
}

TEST_F(codearts_token, that_is_refused_twice_is_refused) {
  make_with({base::secret("second-token"), base::secret("third-token")});
  auto const q = ask();
  answer(api(0), 401, refused);
  answer(api(1), 401, refused);
  EXPECT_TRUE(q->done);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(api_count(), 2u);
  EXPECT_EQ(reads_, 1u);
}

TEST_F(codearts_token, that_has_not_changed_is_not_tried_again) {
  make_with({base::secret("first-token")});
  auto const q = ask();
  answer(api(0), 401, refused);
  EXPECT_TRUE(q->done);
  EXPECT_EQ(q->seen.fault, fault::refused);
  EXPECT_EQ(api_count(), 1u);
}

TEST_F(codearts_token, that_can_not_be_read_again_says_why) {
  make_with({base::error{"/run/token: No such file or directory"}, base::secret("")});
  auto const gone = ask();
  answer(api(0), 401, refused);
  EXPECT_EQ(gone->seen.fault, fault::refused);
  EXPECT_TRUE(gone->seen.text.starts_with("reading the token again: /run/token: No such file")) << gone->seen.text;
  auto const empty = ask();
  answer(api(1), 401, refused);
  EXPECT_TRUE(empty->seen.text.starts_with("the token, read again, is empty")) << empty->seen.text;
  EXPECT_EQ(api_count(), 2u);
}

TEST_F(codearts_token, is_read_once_for_all_that_were_refused_together) {
  make_with({base::secret("second-token")});
  std::vector<std::shared_ptr<testing::question>> all;
  for (int i = 0; i < 10; ++i) all.push_back(ask());
  for (std::size_t i = 0; i < 10; ++i) answer(api(i), 401, refused);
  EXPECT_EQ(reads_, 1u);
  ASSERT_EQ(api_count(), 20u);
  for (std::size_t i = 10; i < 20; ++i) EXPECT_TRUE(api(i).has("X-Auth-Token: second-token"));
}

}  // namespace
}  // namespace buildwatch::codearts

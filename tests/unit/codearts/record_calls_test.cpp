// The calls about records: what is sent, byte for byte, and that their answers go the way of all answers.
#include "buildwatch/codearts/signing.hpp"
#include "unit/codearts/source_fixture.hpp"

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::sight;
using pairs = std::vector<std::pair<std::string, std::string>>;

class codearts_records : public testing::source_test {
 protected:
  static constexpr char const* job = "/v1/record/0123456789abcdef0123456789abcdef/";

  void at(std::chrono::year_month_day day, std::chrono::seconds time) {
    clock.at.wall = base::wall_time{std::chrono::sys_days{day} + time};
  }

  static aksk_auth keys() {
    aksk_auth out;
    out.access_key = base::secret("TESTAK00000000000001");
    out.secret_key = base::secret("test-secret-key-0000000000000000000000001");
    return out;
  }

  /// What a signer that is handed the decoded values would send.
  static std::string signature(std::string_view path, pairs const& query, std::string const& date) {
    signer independent("TESTAK00000000000001", base::secret("test-secret-key-0000000000000000000000001"));
    pairs const headers{{"host", "cloudbuild-ext.ap-southeast-3.myhuaweicloud.com"}, {"x-sdk-date", date}};
    signable const what{"GET", path, query, headers, ""};
    return "Authorization: " + independent.authorization(what, date);
  }

  watch::query list(std::uint32_t page = 0) {
    watch::query out;
    out.what = watch::asks::list;
    out.page = page;
    return out;
  }
};

using namespace std::chrono_literals;
using std::chrono::February;
using std::chrono::January;

TEST_F(codearts_records, asks_for_a_month_with_now_in_it_in_every_zone) {
  at(2026y / January / 31, 9h + 59min + 59s);
  make(no_auth{});
  ask(list());
  EXPECT_EQ(api(0).target, std::string(job) +
                               "list?end_time=2026-01-31%2023%3A59%3A59&page_index=0&page_size=100&"
                               "start_time=2026-01-01%2001%3A59%3A59");
  at(2024y / February / 29, 23h);
  ask(list(7));
  EXPECT_EQ(api(1).target, std::string(job) +
                               "list?end_time=2024-03-01%2013%3A00%3A00&page_index=7&page_size=100&"
                               "start_time=2024-01-30%2015%3A00%3A00");
  EXPECT_EQ(api(1).method, net::method::get);
}

TEST_F(codearts_records, signs_the_query_of_a_list) {
  options.endpoint.target = base::secret("/gate%20way");
  at(2026y / January / 31, 9h + 59min + 59s);
  make(keys());
  ask(list(3));
  pairs const query{{"start_time", "2026-01-01 01:59:59"},
                    {"end_time", "2026-01-31 23:59:59"},
                    {"page_index", "3"},
                    {"page_size", "100"}};
  EXPECT_TRUE(api(0).target.starts_with("/gate%20way/v1/record/"));
  EXPECT_TRUE(api(0).has(signature("/gate way" + std::string(job) + "list", query, "20260131T095959Z")));
  // The memory of that request is used again: nothing of its query stays.
  answer(api(0), 429);
  ask(watch::asks::newest);
  EXPECT_TRUE(api(1).has(
      signature("/gate way/v1/job/0123456789abcdef0123456789abcdef/running-status", {}, "20260131T095959Z")));
}

TEST_F(codearts_records, asks_for_one_record_and_signs_that) {
  at(2026y / January / 31, 0s);
  make(keys());
  auto const q = ask(watch::asks::record, 2147483647);
  EXPECT_EQ(api(0).target, std::string(job) + "2147483647/build-info-record");
  EXPECT_TRUE(api(0).has(signature(api(0).target, {}, "20260131T000000Z")));
  answer(api(0), 200, R"({"result":{"number":2147483647,"state":"SUCCESS"},"status":"success"})");
  EXPECT_EQ(q->seen.sight, sight::record);
  EXPECT_EQ(q->seen.records.at(0).number, 2147483647u);
}

TEST_F(codearts_records, a_list_that_is_throttled_is_the_providers_pause) {
  make(no_auth{});
  auto const q = ask(list());
  api(0).fields().retry_after = "120";
  answer(api(0), 429);
  EXPECT_EQ(q->seen.fault, fault::throttled);
  EXPECT_EQ(q->seen.retry_after, 120s);
}

TEST_F(codearts_records, a_token_that_a_list_finds_refused_is_renewed_once) {
  token_auth with;
  with.token = base::secret("first-token");
  with.read_again = [] { return base::result<base::secret>(base::secret("second-token")); };
  make(with);
  auto const q = ask(list(1));
  clock.advance(1s);
  answer(api(0), 401, refused);
  ASSERT_EQ(api_count(), 2u);
  EXPECT_TRUE(api(1).has("X-Auth-Token: second-token"));
  EXPECT_EQ(api(1).target, api(0).target);
  answer(api(1), 200, R"({"result":{"job_build_states":[{"number":7}]},"status":"success"})");
  EXPECT_EQ(q->seen.sight, sight::job_exists);
  EXPECT_EQ(q->seen.number, 7u);
}

TEST_F(codearts_records, words_of_a_refusal_hold_no_secret) {
  make(keys());
  auto const q = ask(watch::asks::record);
  answer(api(0), 403, R"({"error_code":"APIGW.0302","error_msg":"not for TESTAK00000000000001"})");
  EXPECT_EQ(q->seen.sight, sight::refused_call);
  EXPECT_EQ(q->seen.text, "HTTP 403 APIGW.0302: not for ***");
}

TEST_F(codearts_records, a_question_that_ends_without_an_answer_leaves_nothing_of_the_last) {
  make(no_auth{});
  model::observation seen;
  seen.number = 7;
  seen.records.resize(1);
  watch::query what = list();
  what.job_id = "0123456789abcdef0123456789abcdef";
  source->stop();
  boost::asio::co_spawn(io, source->ask(what, seen), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  turn();
  EXPECT_EQ(seen.text, "stopped");
  EXPECT_EQ(seen.number, 0u);
  EXPECT_TRUE(seen.records.empty());
}

}  // namespace
}  // namespace buildwatch::codearts

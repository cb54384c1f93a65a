// Answers about a job and about its builds' records -> observations: the examples, the rules, and odd values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/codearts/answer_readers.hpp"

namespace buildwatch::codearts {
namespace {

using namespace std::chrono_literals;
using model::build_record;
using model::fault;
using model::observation;
using namespace testing;
using model::sight;
using ::testing::ElementsAre;

std::vector<std::uint32_t> numbers(observation const& seen) {
  std::vector<std::uint32_t> out;
  for (auto const& r : seen.records) out.push_back(r.number);
  return out;
}

struct rule {
  unsigned status;
  std::string body;
  model::sight sight;
  model::fault fault = model::fault::none;
};

void expect(rule const& r, observation const& seen) {
  SCOPED_TRACE(std::to_string(r.status) + ' ' + r.body + ": " + seen.text);
  EXPECT_EQ(seen.sight, r.sight);
  EXPECT_EQ(seen.fault, r.fault);
  if (seen.sight == sight::failed || seen.sight == sight::refused_call || seen.sight == sight::no_such_job) {
    EXPECT_NE(seen.text, "");
  }
  if (r.sight != sight::job_exists && r.sight != sight::record) {
    EXPECT_EQ(seen.number, 0u);
    EXPECT_TRUE(seen.records.empty());
  }
}

TEST(newest, is_the_number_of_last_build_no) {
  EXPECT_EQ(running_status(200, example("running-status-idle.json")).number, 42u);
  EXPECT_EQ(running_status(200, example("running-status-queued.json")).number, 43u);
  EXPECT_EQ(running_status(200, example("running-status-never-built.json")).number, 0u);
  std::pair<std::string, std::uint32_t> const table[] = {
      {R"("2147483647")", 2147483647}, {"9", 9}, {R"("")", 0}, {"null", 0}, {"0", 0}, {R"("0")", 0}, {R"("007")", 7}};
  for (auto const& [value, number] : table) {
    auto const seen = running_status(200, good(R"({"last_build_no":)" + value + "}"));
    EXPECT_EQ(seen.sight, sight::job_exists) << value;
    EXPECT_EQ(seen.number, number) << value;
  }
  EXPECT_EQ(running_status(200, good(R"({"is_running":false})")).number, 0u);
  auto const nameless = running_status(200, good(R"({"last_build_no":null,"is_running":true})"));
  EXPECT_EQ(nameless.sight, sight::failed) << "a build that runs has a number";
  EXPECT_EQ(nameless.text, "HTTP 200: a build is running, and last_build_no is missing");
}

TEST(newest, any_other_value_is_a_failed_poll_that_says_so) {
  for (auto const* value : {R"("2147483648")", "2147483648", R"("-1")", "-1", "1.5", "1e3", R"("42 ")", R"("#42")",
                            R"("18446744073709551617")", "18446744073709551617", "true", "{}", "[42]"}) {
    auto const seen = running_status(200, good(R"({"last_build_no":)" + std::string(value) + "}"));
    EXPECT_EQ(seen.sight, sight::failed) << value;
    EXPECT_EQ(seen.number, 0u) << value;
    EXPECT_EQ(seen.text, "HTTP 200: last_build_no is no number of a build (1 to 2147483647)") << value;
  }
}

TEST(build_list, reads_the_example) {
  auto const seen = list(200, example("record-list-page.json"));
  ASSERT_EQ(seen.sight, sight::job_exists) << seen.text;
  EXPECT_EQ(seen.number, 42u);
  ASSERT_THAT(numbers(seen), ElementsAre(42u, 41u));
  build_record const& newest = seen.records[0];
  EXPECT_FALSE(newest.running);
  EXPECT_EQ(newest.word, "SUCCESS");
  EXPECT_EQ(newest.started_at, base::wall_time(1767322842000ms));
  EXPECT_EQ(newest.lasted, base::duration(250s));
  EXPECT_EQ(newest.source.branch, "main");
  EXPECT_EQ(newest.source.commit, std::string(40, '1'));
  EXPECT_EQ(newest.source.trigger, "MANUAL");
  EXPECT_EQ(newest.source.url, "https://repo.example.com/demo/commit/1");
  EXPECT_EQ(seen.records[1].word, "FAILURE");
}

TEST(build_list, is_sorted_newest_first_and_holds_each_number_once) {
  auto const seen = list(200, listed(R"([{"number":3},{"number":"20"},{"number":3,"state":"OK"},{"number":7}])"));
  EXPECT_THAT(numbers(seen), ElementsAre(20u, 7u, 3u));
  EXPECT_EQ(seen.number, 20u);
  EXPECT_EQ(seen.records[2].word, "");
}

TEST(build_list, leaves_out_what_states_no_number) {
  auto const seen =
      list(200, listed(R"([{}, null, 7, "x", [{"number":9}], {"number":0}, {"number":-4}, {"number":"x"},)"
                       R"({"number":2147483648}, {"number":1.0}, {"number":{"number":8}},)"
                       R"({"state":"SUCCESS"}, {"number":5,"commit_info":{"number":6}}])"));
  EXPECT_EQ(seen.sight, sight::job_exists);
  EXPECT_THAT(numbers(seen), ElementsAre(5u));
}

TEST(build_list, keeps_the_newest_hundred_however_long_it_is) {
  std::string records = "[";
  for (int i = 0; i < 5000; ++i) records += R"({"number":)" + std::to_string(i * 7919 % 5000 + 1) + "},";
  auto const seen = list(200, listed(records + "{}]"));
  ASSERT_EQ(seen.records.size(), 100u);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(seen.records[i].number, 5000 - i);
}

TEST(build_list, follows_the_rules) {
  rule const table[] = {
      {200, listed("[]"), sight::job_exists},
      {200, listed("null"), sight::job_exists},
      {200, good(R"({"total_record":"0"})"), sight::job_exists},
      {200, good(R"({"total_record":0})"), sight::job_exists},
      // nothing says that there is none
      {200, good(R"({"total_record":"2"})"), sight::failed, fault::other},
      {200, good(R"({"health_score":"80"})"), sight::failed, fault::other},
      {200, listed("{}"), sight::failed, fault::other},
      {200, listed(R"({"number":7})"), sight::failed, fault::other},
      {200, listed("\"\""), sight::failed, fault::other},
      {200, good(R"([{"number":7}])"), sight::failed, fault::other},
      {200, good("7"), sight::failed, fault::other},
      {200, R"({"job_build_states":[{"number":7}],"status":"success"})", sight::failed, fault::other},
      {200, R"({"result":{"job_build_states":[{"number":7}]},"status":"fail"})", sight::failed, fault::other},
      {200, R"({"result":{"job_build_states":[{"number":7}]},"status":"success"}x)", sight::failed, fault::other},
      {200, R"({"error_code":"CB.00031105","error_msg":"window"})", sight::failed, fault::other},
      {200, "", sight::failed, fault::other},
      // no such job
      {200, good("{}"), sight::no_such_job},
      {200, good("null"), sight::no_such_job},
      {404, R"({"error_code":"CB.1","error_msg":"x"})", sight::no_such_job},
      {422, example("error-not-found-422.json"), sight::no_such_job},
      {403, example("error-history-gone-403.json"), sight::no_such_job},
      // not for us
      {404, example("error-gateway-no-api-404.json"), sight::refused_call},
      {404, "", sight::refused_call},
      {405, "", sight::refused_call},
      {403, R"({"error_code":"CB.00031060","error_msg":"x"})", sight::refused_call},
      {403, R"({"error_code":"APIGW.0302"})", sight::refused_call},
      // neither
      {403, R"({"error_code":"CB.00060211"})", sight::failed, fault::throttled},
      {429, "", sight::failed, fault::throttled},
      {401, example("error-gateway-token-expired-401.json"), sight::failed, fault::refused},
      {400, example("error-invalid-param.json"), sight::failed, fault::other},
      {500, example("error-too-frequent-500.json"), sight::failed, fault::throttled},
      {500, listed(R"([{"number":7}])"), sight::failed, fault::other},
      {302, "", sight::failed, fault::other},
  };
  for (auto const& r : table) expect(r, list(r.status, r.body));
}

TEST(build_list, of_a_member_that_stands_twice_the_last_counts) {
  auto const seen = list(200, R"({"result":{"job_build_states":[{"number":9}]},"result":{"job_build_states":)"
                              R"([{"number":8}],"job_build_states":[{"number":6,"number":7}]},"status":"success"})");
  EXPECT_THAT(numbers(seen), ElementsAre(7u));
  EXPECT_EQ(list(200, R"({"result":{"job_build_states":[{"number":9}]},"result":{"x":1},"status":"success"})").sight,
            sight::failed);
}

TEST(build_list, escapes_and_a_byte_order_mark_are_read_like_what_they_stand_for) {
  auto const seen = list(200,
                         "\xEF\xBB\xBF{\"result\":{\"job_build_st\\u0061tes\":[{\"n\\u0075mber\":7,"
                         "\"code_branch\":\"a\\/b\"}]},\"status\":\"success\"}");
  ASSERT_THAT(numbers(seen), ElementsAre(7u));
  EXPECT_EQ(seen.records[0].source.branch, "a/b");
}

TEST(build_record_of_one, reads_the_examples) {
  auto const finished = record(200, example("build-info-record-finished.json"));
  ASSERT_EQ(finished.sight, sight::record) << finished.text;
  ASSERT_THAT(numbers(finished), ElementsAre(42u));
  EXPECT_EQ(finished.records[0].word, "SUCCESS");
  EXPECT_EQ(finished.records[0].lasted, base::duration(250s));
  EXPECT_EQ(finished.number, 0u);
  auto const running = record(200, example("build-info-record-running.json"), 43);
  ASSERT_EQ(running.sight, sight::record) << running.text;
  EXPECT_TRUE(running.records[0].running);
  EXPECT_EQ(running.records[0].word, "");
  EXPECT_EQ(running.records[0].lasted, std::nullopt);
  EXPECT_EQ(running.records[0].started_at, base::wall_time(1767322843000ms));
}

TEST(build_record_of_one, follows_the_rules) {
  rule const table[] = {
      {200, good(R"({"state":"SUCCESS"})"), sight::record},
      {200, good(R"({"number":null,"state":"SUCCESS"})"), sight::record},
      {200, good(R"([{"number":41},{"number":42}])"), sight::record},
      {200, good(R"({"number":41,"state":"SUCCESS"})"), sight::failed, fault::other},
      {200, good(R"({"number":"x","state":"SUCCESS"})"), sight::failed, fault::other},
      {200, good(R"([7])"), sight::failed, fault::other},
      {200, good("7"), sight::failed, fault::other},
      {200, R"({"status":"success"})", sight::failed, fault::other},
      {200, good("{}"), sight::no_such_build},
      {200, good("[]"), sight::no_such_build},
      {200, good("null"), sight::no_such_build},
      {403, example("error-history-gone-403.json"), sight::no_such_build},
      {422, example("error-not-found-422.json"), sight::no_such_build},
      {404, R"({"error_code":"CB.1","error_msg":"x"})", sight::no_such_build},
      {403, R"({"error_code":"CB.00031060","error_msg":"x"})", sight::refused_call},
      {404, example("error-gateway-no-api-404.json"), sight::refused_call},
      {405, "", sight::refused_call},
      {401, example("error-gateway-auth-401.json"), sight::failed, fault::refused},
      {429, "", sight::failed, fault::throttled},
      {400, example("error-invalid-job-id.json"), sight::failed, fault::other},
      {200, example("error-success-false.json"), sight::failed, fault::other},
  };
  for (auto const& r : table) {
    auto const seen = record(r.status, r.body);
    expect(r, seen);
    if (r.sight == sight::record) {
      EXPECT_THAT(numbers(seen), ElementsAre(42u)) << r.body;
    }
  }
}

TEST(observation, used_again_keeps_no_number_and_no_record) {
  observation seen = list(200, listed(R"([{"number":9}])"));
  raw_answer const build{200, R"({"result":{"building":true},"status":"success"})", nullptr};
  read_build_info(build, {}, seen);
  EXPECT_EQ(seen.number, 0u);
  EXPECT_TRUE(seen.records.empty());
  EXPECT_GT(seen.records.capacity(), 0u);
}

}  // namespace
}  // namespace buildwatch::codearts

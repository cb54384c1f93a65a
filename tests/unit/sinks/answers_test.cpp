#include "sinks/answers.hpp"

#include <gtest/gtest.h>

namespace buildwatch::sinks {
namespace {

using notify::verdict;

constexpr base::wall_time now{std::chrono::milliseconds(1'795'465'103'417)};

struct status_case {
  unsigned status;
  notify::verdict verdict;
  char const* answer;
};

class http_status : public ::testing::TestWithParam<status_case> {};

TEST_P(http_status, is_judged_as_the_contract_says) {
  net::response answer;
  answer.status = GetParam().status;
  auto const result = judge(answer, now);
  EXPECT_EQ(result.verdict, GetParam().verdict);
  EXPECT_EQ(result.answer, GetParam().answer);
}

INSTANTIATE_TEST_SUITE_P(
    table, http_status,
    ::testing::Values(
        status_case{200, verdict::delivered, "200 OK"}, status_case{204, verdict::delivered, "204 No Content"},
        status_case{299, verdict::delivered, "299"},
        status_case{301, verdict::retry, "301 Moved Permanently (redirects are not followed)"},
        status_case{400, verdict::retry, "400 Bad Request"}, status_case{401, verdict::retry, "401 Unauthorized"},
        status_case{404, verdict::retry, "404 Not Found"}, status_case{408, verdict::retry, "408 Request Timeout"},
        status_case{410, verdict::gone, "410 Gone"}, status_case{429, verdict::retry_paused, "429 Too Many Requests"},
        status_case{500, verdict::retry, "500 Internal Server Error"},
        status_case{502, verdict::retry_paused, "502 Bad Gateway"},
        status_case{503, verdict::retry_paused, "503 Service Unavailable"},
        status_case{504, verdict::retry_paused, "504 Gateway Timeout"}, status_case{599, verdict::retry, "599"},
        status_case{199, verdict::retry, "199"}));

TEST(http_answer, retry_after_is_read_with_any_failure) {
  net::response answer;
  answer.retry_after = "120";
  answer.status = 503;
  EXPECT_EQ(judge(answer, now).retry_after, std::chrono::seconds(120));
  answer.status = 500;
  EXPECT_EQ(judge(answer, now).retry_after, std::chrono::seconds(120));
  answer.status = 200;
  EXPECT_EQ(judge(answer, now).retry_after, std::nullopt);
}

TEST(http_answer, a_body_is_never_quoted) {
  net::response answer;
  answer.status = 500;
  answer.body = "your Authorization header was hunter2";
  EXPECT_EQ(judge(answer, now).answer, "500 Internal Server Error");
}

TEST(no_http_answer, only_the_lack_of_a_connection_and_time_outs_pause_the_sink) {
  auto const judged = [](net::errc code) {
    net::failure failure;
    failure.code = code;
    return judge(failure).verdict;
  };
  EXPECT_EQ(judged(net::errc::no_connection), verdict::retry_paused);
  EXPECT_EQ(judged(net::errc::timed_out), verdict::retry_paused);
  EXPECT_EQ(judged(net::errc::broken), verdict::retry);
  EXPECT_EQ(judged(net::errc::too_large), verdict::retry);
  EXPECT_EQ(judged(net::errc::stopped), verdict::stopped);
}

TEST(no_http_answer, is_told_in_one_bounded_line) {
  net::failure failure;
  failure.text = "TLS: certificate of\n" + std::string(1000, 'x');
  EXPECT_EQ(judge(failure).answer.size(), 300U);
  EXPECT_EQ(judge(failure).answer.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace buildwatch::sinks

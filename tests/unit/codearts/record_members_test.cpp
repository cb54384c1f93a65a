// What the members of a record come to: times, state, source, and odd values of each.
#include <gtest/gtest.h>

#include <optional>

#include "unit/codearts/answer_readers.hpp"

namespace buildwatch::codearts {
namespace {

using namespace std::chrono_literals;
using testing::one;

TEST(record_times, are_milliseconds_or_seconds_or_not_known) {
  std::pair<char const*, std::optional<base::wall_time>> const starts[] = {
      {"1767322842000", base::wall_time(1767322842000ms)},
      {R"("1767322842000")", base::wall_time(1767322842000ms)},
      {"1767322842", base::wall_time(1767322842s)},
      {"100000000000", base::wall_time(100000000s)},
      {"99999999999", base::wall_time(99999999999s)},
      {"253402300799999", base::wall_time(253402300799999ms)},
      {"253402300800000", std::nullopt},
      {"0", std::nullopt},
      {"-5", std::nullopt},
      {"18446744073709551616", std::nullopt},
      {"1e12", std::nullopt},
      {R"("2026-01-02 11:00:42")", std::nullopt},
      {"true", std::nullopt},
      {"null", std::nullopt},
      {"{}", std::nullopt}};
  for (auto const& [value, time] : starts) {
    EXPECT_EQ(one(R"("start_time":)" + std::string(value)).started_at, time) << value;
  }
  EXPECT_EQ(one(R"("x":1)").started_at, std::nullopt);
}

TEST(record_times, of_a_length_are_build_time_else_cost_time) {
  std::pair<char const*, std::optional<base::duration>> const lengths[] = {
      {R"("build_time":250000,"cost_time":1)", 250s},
      {R"("cost_time":1,"build_time":250000)", 250s},
      {R"("build_time":null,"cost_time":"9000")", 9s},
      {R"("build_time":0,"cost_time":9000)", 9s},
      {R"("build_time":-1,"cost_time":9000)", 9s},
      {R"("build_time":99999999999,"cost_time":9000)", 9s},
      {R"("build_time":1)", 1ms},
      {R"("build_time":2147483647)", 2147483647ms},
      {R"("build_time":2147483648)", std::nullopt},
      {R"("build_time":[],"cost_time":0)", std::nullopt},
      {R"("x":1)", std::nullopt}};
  for (auto const& [members, length] : lengths) {
    EXPECT_EQ(one(R"("state":"SUCCESS",)" + std::string(members)).lasted, length) << members;
  }
}

TEST(record_state, runs_unless_status_and_word_both_say_that_it_ended) {
  std::pair<char const*, char const*> const table[] = {
      {R"("job_running_status":"Finished","state":"timeout")", "timeout"},
      {R"("job_running_status":"FINISHED","state":"SUCCESS")", "SUCCESS"},
      {R"("job_running_status":null,"state":"ABORTED")", "ABORTED"},
      {R"("job_running_status":7,"state":"ABORTED")", "ABORTED"},
      {R"("job_running_status":"","state":"ABORTED")", "ABORTED"},
      {R"("state":"SCHEDULE_FAILURE")", "SCHEDULE_FAILURE"},
      {R"("job_running_status":"Running","state":"SUCCESS")", ""},
      {R"("job_running_status":"InQueue","state":null)", ""},
      {R"("job_running_status":"Finished","state":null)", ""},
      {R"("job_running_status":"Finished","state":"")", ""},
      {R"("job_running_status":"Finished","state":"Pending")", ""},
      {R"("job_running_status":"Finished","state":1)", ""},
      {R"("job_running_status":"Finished")", ""}};
  for (auto const& [members, word] : table) {
    auto const seen = one(R"("build_time":1000,)" + std::string(members));
    EXPECT_EQ(seen.running, *word == '\0') << members;
    EXPECT_EQ(seen.word, word) << members;
    EXPECT_EQ(seen.lasted.has_value(), !seen.running) << members;
  }
}

TEST(record_source, is_free_of_control_characters_and_cut_between_characters) {
  auto const odd =
      one(R"("code_branch":"a\u001b[31m\nb","commit_id":")" + std::string(1023, 'x') + R"(é","trigger_type":7)").source;
  EXPECT_EQ(odd.branch, "a\uFFFD[31m\uFFFDb");
  EXPECT_EQ(odd.commit, std::string(1023, 'x'));
  EXPECT_EQ(odd.trigger, "");
  auto const blown_up = one("\"code_branch\":\"" + std::string(1020, 'x') + R"(\u0001\u0001")").source;
  EXPECT_EQ(blown_up.branch, std::string(1020, 'x') + "\uFFFD");
  EXPECT_TRUE(one(R"("code_branch":null,"commit_id":{},"trigger_type":[],"scm_web_url":false)").source.empty());
}

TEST(record_source, links_to_the_commit_else_to_the_repository) {
  std::pair<std::string, char const*> const table[] = {
      {R"("commit_detail_url":"https://a.example/c/1","scm_web_url":"https://a.example/r.git")",
       "https://a.example/c/1"},
      {R"("scm_web_url":"HTTP://a.example:8080/r.git?x=1#y","commit_detail_url":"")",
       "HTTP://a.example:8080/r.git?x=1#y"},
      {R"("commit_detail_url":"c/1","scm_web_url":"https://a.example")", "https://a.example"},
      {R"("scm_web_url":"https://a.example/pkg/@scope")", "https://a.example/pkg/@scope"},
      {R"("scm_web_url":"git@a.example:demo/demo.git")", ""},
      {R"("scm_web_url":"ssh://a.example/r")", ""},
      {R"("scm_web_url":"javascript:alert")", ""},
      {R"("scm_web_url":"https://")", ""},
      {R"("scm_web_url":"https:///r")", ""},
      {R"("scm_web_url":"https://a.example/ r")", ""},
      {R"("scm_web_url":"https://a.example/\u001b[31m")", ""},
      {R"("scm_web_url":"https://a.example/)" + std::string(1024, 'x') + '"', ""}};
  for (auto const& [members, url] : table) EXPECT_EQ(one(members).source.url, url) << members;
}

TEST(record_source, names_and_passwords_do_not_stay_in_a_link) {
  std::pair<std::string, char const*> const table[] = {
      {"https://user:pass@a.example/r", "https://a.example/r"},
      {"https://token@a.example", "https://a.example"},
      {"https://user:p@ss@a.example:8443/r", "https://a.example:8443/r"},
      {"https://user:@a.example?x", "https://a.example?x"},
      {"https://user:" + std::string(2000, 'p') + "@a.example/r", "https://a.example/r"},
      // no proper URLs, but browsers and people see a password in them
      {"https://user:p/ss@a.example/r", ""},
      {"https://user:p#ss@a.example/r", ""},
      {R"(https://user:p\\ss@a.example/r)", ""},
      {"https://user:pass@", ""}};
  for (auto const& [text, url] : table) {
    EXPECT_EQ(one(R"("commit_detail_url":")" + text + '"').source.url, url) << text;
  }
}

}  // namespace
}  // namespace buildwatch::codearts

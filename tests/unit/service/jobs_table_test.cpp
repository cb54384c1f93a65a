// What `status` prints.
#include "service/jobs_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

base::wall_time const now = base::wall_time(1795465103s);  // 2026-11-23T20:18:23Z

listed_job job(std::string name, std::string state, std::string outcome = "", std::string error = "") {
  listed_job j;
  j.name = std::move(name);
  j.state = std::move(state);
  j.outcome = std::move(outcome);
  j.last_error = std::move(error);
  return j;
}

listed_job failed() {
  listed_job j = job("firmware-nightly", "idle", "failure");
  j.build = 41;
  j.finished_at = now - 3min;
  return j;
}

listed_job running() {
  listed_job j = job("website", "running");
  j.build = 7;
  j.started_at = now - 12min;
  j.progress = 0.625;
  j.eta = now + 7min;
  j.eta_between = std::pair(now + 5min, now + 11min);
  return j;
}

class the_table : public ::testing::Test {
 protected:
  void SetUp() override { zone("UTC"); }
  static void zone(char const* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
};

using lines = std::vector<std::string>;

TEST_F(the_table, has_all_that_is_known_where_there_is_room) {
  EXPECT_EQ(jobs_table({running(), failed()}, now, {}),
            (lines{"JOB               STATE    BUILD  OUTCOME  PROGRESS                        ENDED",
                   "firmware-nightly  idle     #41    failure  -                               2026-11-23 "
                   "20:15:23+00:00 (3 min ago)",
                   "website           running  #7     -        62 %, 7 min left (5 to 11 min)  -"}));
}

TEST_F(the_table, has_local_times) {
  zone("CET-1");
  EXPECT_NE(jobs_table({failed()}, now, {}).at(1).find("2026-11-23 21:15:23+01:00"), std::string::npos);
}

std::string order(std::vector<listed_job> jobs) {
  std::string names;
  for (auto const& line : jobs_table(std::move(jobs), now, {})) names += line.substr(0, line.find(' ')) + " ";
  return names.substr(names.find(' ') + 1);
}

TEST_F(the_table, begins_with_what_is_worst) {
  EXPECT_EQ(order({job("z", "idle", "success"), job("y", "running"), job("x", "unreachable", "success"),
                   job("w", "done", "failure"), job("v", "not_found"), job("u", "idle", "unstable"),
                   job("a", "pending"), job("b", "idle", "aborted"), job("c", "running"), job("d", "queued")}),
            "u v w x c y a b d z ");
}

TEST_F(the_table, has_a_job_that_fails_among_the_worst_while_its_next_build_is_queued) {
  listed_job fails = job("z", "queued"), passes = job("b", "queued"), runs = job("y", "running");
  fails.last_outcome = runs.last_outcome = "failure";
  passes.last_outcome = "success";
  EXPECT_EQ(order({passes, job("a", "idle", "success"), fails, runs, job("x", "idle", "failure")}), "x z y a b ");
}

TEST_F(the_table, shows_errors_as_one_clean_line) {
  auto const all = jobs_table({job("a\x1b[2J", "not\nfound", "\x7f", "no\nsuch \x1b]0;job\x07 \xff")}, now, {});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].ends_with("LAST ERROR"));
  for (char const c : all[1]) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << all[1];
  EXPECT_NE(all[1].find("such"), std::string::npos);
}

TEST_F(the_table, tells_how_long_a_build_runs_where_nobody_knows_when_it_ends) {
  listed_job j = running();
  j.progress.reset();
  EXPECT_NE(jobs_table({j}, now, {}).at(1).find("for 12 min "), std::string::npos);
  j.started_at.reset();
  EXPECT_EQ(jobs_table({j}, now, {}).at(1), "website  running  #7     -        -         -");
}

/// Columns of a line without colours: each character takes one.
std::size_t width(std::string const& line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST_F(the_table, says_less_where_columns_are_few) {
  listed_job lost =
      job("nightly", "unreachable", "success", "connect to 192.0.2.7:443: Connection timed out, again and again");
  lost.finished_at = now - 26h;
  std::vector<listed_job> const jobs{failed(), running(), lost};
  auto const at = [&](std::size_t columns) { return jobs_table(jobs, now, {columns, false}); };
  for (std::size_t columns = 80; columns <= 250; ++columns) {
    for (auto const& line : at(columns)) EXPECT_LE(width(line), columns) << line;
  }
  EXPECT_TRUE(at(200)[2].ends_with("again")) << "all of it";
  EXPECT_NE(at(140)[1].find("20:15:23+00:00"), std::string::npos);
  auto const narrow = at(120);
  EXPECT_EQ(narrow[1].find("20:15:23+00:00"), std::string::npos);
  EXPECT_NE(narrow[1].find("3 min ago"), std::string::npos);
  EXPECT_NE(narrow[3].find("62 %, 7 min left (5 to 11 min)"), std::string::npos);
  EXPECT_NE(at(111)[3].find("62 %, 7 min left  "), std::string::npos);
  EXPECT_NE(at(95)[3].find("62 %"), std::string::npos);
  EXPECT_EQ(at(95)[3].find("left"), std::string::npos);
  EXPECT_TRUE(at(80)[1].starts_with("firmware-n..  idle")) << at(80)[1];
}

TEST_F(the_table, is_coloured_only_where_that_is_wanted) {
  auto const jobs = std::vector{failed(), running(), job("a", "unreachable", "success", "why")};
  for (auto const& line : jobs_table(jobs, now, {})) EXPECT_EQ(line.find('\x1b'), std::string::npos);
  auto const plain = jobs_table(jobs, now, {120, false});
  auto coloured = jobs_table(jobs, now, {120, true});
  EXPECT_NE(coloured[1].find("\x1b[33munreachable\x1b[0m"), std::string::npos);
  EXPECT_NE(coloured[1].find("\x1b[32msuccess\x1b[0m"), std::string::npos);
  EXPECT_NE(coloured[2].find("\x1b[31mfailure\x1b[0m"), std::string::npos);
  EXPECT_NE(coloured[3].find("\x1b[36mrunning\x1b[0m"), std::string::npos);
  for (auto& line : coloured) {
    for (auto at = line.find('\x1b'); at != std::string::npos; at = line.find('\x1b')) {
      line.erase(at, line.find('m', at) - at + 1);
    }
  }
  EXPECT_EQ(coloured, plain);
}

TEST_F(the_table, leaves_no_time_where_the_end_is_due) {
  listed_job j = running();
  j.eta = now;
  EXPECT_NE(jobs_table({j}, now, {}).at(1).find("62 %, any moment  -"), std::string::npos);
}

TEST_F(the_table, takes_any_number_and_time) {
  listed_job j = running();
  j.progress = 1e300;
  j.eta = read_rfc3339("9999-12-31T23:59:59Z");
  j.eta_between = std::pair(*read_rfc3339("0000-01-01T00:00:00Z"), *j.eta);
  j.build = UINT64_MAX;
  EXPECT_NE(jobs_table({j}, now, {}).at(1).find("99 %, 3650 d left (1 s to 3650 d)"), std::string::npos);
  j = failed();
  j.finished_at = now + 1h;
  EXPECT_NE(jobs_table({j}, now, {}).at(1).find("(0 s ago)"), std::string::npos) << "clocks that disagree";
}

}  // namespace
}  // namespace buildwatch::service

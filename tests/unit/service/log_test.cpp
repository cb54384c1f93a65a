#include "buildwatch/service/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "service/journal.hpp"

namespace buildwatch::service {
namespace {

/// A pipe whose reading end the test holds.
struct pipe_pair {
  pipe_pair() { EXPECT_EQ(::pipe(ends), 0); }
  ~pipe_pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string take() {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string all(1 << 20, '\0');
    auto const n = ::read(ends[0], all.data(), all.size());
    all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return all;
  }
  int ends[2] = {-1, -1};
};

config::log_options style(config::log_options::style s) {
  config::log_options o;
  o.format = s;
  return o;
}

TEST(log, text_is_one_line_with_time_level_and_text) {
  pipe_pair p;
  auto const log = make_log(style(config::log_options::style::text), p.ends[1]);
  log->write({base::log_level::warn, "poll.failed", "job a:\nHTTP 500\x1b[31m", {{"job", "a"}}});
  auto const line = p.take();
  EXPECT_NE(line.find(" warn  job a: HTTP 500 [31m\n"), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(log, json_carries_the_fields) {
  pipe_pair p;
  auto const log = make_log(style(config::log_options::style::json), p.ends[1]);
  log->write({base::log_level::error, "sink.dead", "sink x: gave up \"now\"", {{"sink", "x\xff"}}});
  auto const line = nlohmann::json::parse(p.take());
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["event"], "sink.dead");
  EXPECT_EQ(line["message"], "sink x: gave up \"now\"");
  EXPECT_EQ(line["sink"], "x\xef\xbf\xbd");
}

TEST(log, on_a_terminal_has_colours_and_short_times) {
  int master = -1;
  int terminal = -1;
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  make_log({}, terminal)->write({base::log_level::error, "x", "wrong", {}});
  std::string seen(200, '\0');
  seen.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(master, seen.data(), seen.size()), 0)));
  EXPECT_TRUE(std::regex_search(seen, std::regex("^\\d\\d:\\d\\d:\\d\\d \x1b\\[31merror\x1b\\[0m wrong"))) << seen;
  ::setenv("NO_COLOR", "1", 1);
  make_log({}, terminal)->write({base::log_level::error, "x", "wrong", {}});
  seen.resize(200);
  seen.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(master, seen.data(), seen.size()), 0)));
  EXPECT_EQ(seen.find('\x1b'), std::string::npos) << seen;
  ::unsetenv("NO_COLOR");
  ::close(terminal);
  ::close(master);
}

TEST(log, knows_the_journal_by_its_stream) {
  pipe_pair p;
  struct stat what {};
  ASSERT_EQ(::fstat(p.ends[1], &what), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(what.st_dev) + ":" + std::to_string(what.st_ino)).c_str(), 1);
  EXPECT_TRUE(goes_to_journal(p.ends[1]));
  EXPECT_FALSE(goes_to_journal(0)) << "another descriptor";
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(goes_to_journal(p.ends[1]));
}

TEST(log, message_ids_stay_what_they_are) {
  EXPECT_EQ(message_id("event.build.finished"), "4c8190fbcfad5af8ab54e7de18eb0139");
}

TEST(log, levels_below_the_chosen_one_stay_out) {
  pipe_pair p;
  auto const log = make_log({}, p.ends[1]);
  EXPECT_FALSE(log->wants(base::log_level::debug));
  EXPECT_TRUE(log->wants(base::log_level::info));
  log->write({base::log_level::debug, "x", "hidden", {}});
  EXPECT_EQ(p.take(), "");
}

TEST(log, a_reader_that_does_not_read_stops_nothing_and_is_told_what_it_missed) {
  pipe_pair p;
  auto const log = make_log({}, p.ends[1]);
  for (int i = 0; i < 3000; ++i) log->write({base::log_level::info, "x", std::string(100, 'x'), {}});
  p.take();
  log->write({base::log_level::info, "x", "again", {}});
  auto const rest = p.take();
  EXPECT_NE(rest.find("log lines were dropped"), std::string::npos);
  EXPECT_NE(rest.find("again"), std::string::npos);
}

TEST(log, what_was_missed_is_json_too_where_the_log_is) {
  pipe_pair p;
  auto const log = make_log(style(config::log_options::style::json), p.ends[1]);
  for (int i = 0; i < 3000; ++i) log->write({base::log_level::info, "x", std::string(100, 'x'), {}});
  p.take();
  log->write({base::log_level::info, "x", "again", {}});
  std::istringstream rest(p.take());
  std::vector<std::string> events;
  for (std::string line; std::getline(rest, line);) events.push_back(nlohmann::json::parse(line)["event"]);
  EXPECT_EQ(events, (std::vector<std::string>{"log.dropped", "x"}));
}

}  // namespace
}  // namespace buildwatch::service

// The stdout sink on real pipes, files and terminals.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "buildwatch/notify/format.hpp"
#include "unit/sinks/support.hpp"

namespace buildwatch::sinks {
namespace {

using notify::verdict;
using ::testing::HasSubstr;
using ::testing::Not;

class on_stdout : public ::testing::Test {
 protected:
  on_stdout() {
    ::setenv("TZ", "UTC0", 1);
    EXPECT_EQ(::pipe(ends), 0);
    out = ends[1];
  }
  ~on_stdout() override {
    for (int fd : ends) {
      if (fd >= 0) ::close(fd);
    }
    ::unsetenv("TZ");
  }
  parts shared() {
    parts p{bench.net, bench.log, out, "1"};
    p.turns = turns;
    p.colours = true;
    return p;
  }
  std::unique_ptr<notify::sink> make(stdout_options::style style = stdout_options::style::text) {
    return make_stdout_sink(shared(), stdout_options{style});
  }
  void close_reader() {
    ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read_some(std::size_t most = 1 << 20) const {
    std::string bytes(most, '\0');
    ssize_t const n = ::read(ends[0], bytes.data(), bytes.size());
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
  }
  /// Fills the pipe; how many bytes it took.
  std::size_t fill() const {
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    std::size_t filled = 0;
    char const page[4096] = {};
    for (ssize_t n; (n = ::write(ends[1], page, sizeof page)) > 0;) filled += static_cast<std::size_t>(n);
    ::fcntl(ends[1], F_SETFL, 0);
    return filled;
  }
  std::string read_exactly(std::size_t bytes) const {
    std::string all;
    while (all.size() < bytes) all += read_some(bytes - all.size());
    return all;
  }
  void finish() {
    while (!bench.result) {
      bench.loop.restart();
      bench.loop.run_one();
    }
  }

  testing::sink_bench bench;
  std::shared_ptr<console> turns = make_console();
  int ends[2] = {-1, -1};
  int out = -1;
};

TEST_F(on_stdout, an_event_is_a_line_of_text_or_of_json) {
  EXPECT_EQ(bench.deliver_at_once(*make()).verdict, verdict::delivered);
  EXPECT_EQ(read_some(), "2026-11-18 11:06:40+00:00  ✗ firmware-nightly #42 failed\n");
  EXPECT_EQ(bench.deliver_at_once(*make(stdout_options::style::json)).verdict, verdict::delivered);
  EXPECT_EQ(read_some(), notify::standard_json(bench.event) + "\n");
}

TEST_F(on_stdout, a_reader_that_does_not_read_holds_up_nothing_but_the_delivery) {
  auto const sink = make();
  std::size_t const filled = fill();
  bench.begin(*sink);  // returns: the loop was not blocked
  EXPECT_FALSE(bench.result);
  bench.turn();
  EXPECT_FALSE(bench.result);
  read_exactly(filled);
  finish();
  EXPECT_EQ(bench.result->verdict, verdict::delivered);
  EXPECT_THAT(read_some(), HasSubstr("firmware-nightly #42 failed\n"));
}

TEST_F(on_stdout, leaves_the_flags_alone_that_other_programs_share) {
  auto const sink = make();
  std::size_t const filled = fill();
  bench.begin(*sink);
  EXPECT_EQ(::fcntl(out, F_GETFL) & O_NONBLOCK, 0);
  read_exactly(filled);
  finish();
  EXPECT_EQ(::fcntl(out, F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(on_stdout, works_where_somebody_else_has_made_it_non_blocking) {
  auto const sink = make(stdout_options::style::json);
  bench.event.job->labels = {{"big", std::string(300'000, 'x')}};
  ::fcntl(out, F_SETFL, O_NONBLOCK);
  bench.begin(*sink);
  std::string text;
  std::string const line = notify::standard_json(bench.event) + "\n";
  while (text.size() < line.size()) {
    text += read_some();
    bench.turn();
  }
  EXPECT_EQ(text, line);
  EXPECT_EQ(bench.result->verdict, verdict::delivered);
}

TEST_F(on_stdout, a_closed_reader_is_a_failed_try_and_kills_nobody) {
  auto const before = std::signal(SIGPIPE, SIG_DFL);
  close_reader();
  auto const result = bench.deliver_at_once(*make());
  std::signal(SIGPIPE, before);
  EXPECT_EQ(result.verdict, verdict::retry);
  EXPECT_EQ(result.answer, "write to standard output: Broken pipe");
}

TEST_F(on_stdout, a_reader_that_goes_away_meanwhile_is_a_failed_try) {
  auto const sink = make();
  fill();
  bench.begin(*sink);
  close_reader();
  finish();
  EXPECT_EQ(bench.result->verdict, verdict::retry);
}

TEST_F(on_stdout, a_closed_descriptor_is_a_failed_try) {
  out = 999;
  EXPECT_EQ(bench.deliver_at_once(*make()).answer, "write to standard output: Bad file descriptor");
}

TEST_F(on_stdout, a_full_disk_is_a_failed_try) {
  out = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(bench.deliver_at_once(*make()).answer, "write to standard output: No space left on device");
  ::close(out);
}

TEST_F(on_stdout, a_file_is_appended_to_where_it_stands) {
  auto const file = std::filesystem::path(::testing::TempDir()) / ("stdout_test." + std::to_string(::getpid()));
  out = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  EXPECT_EQ(::write(out, "before\n", 7), 7);
  auto const sink = make();
  EXPECT_EQ(bench.deliver_at_once(*sink).verdict, verdict::delivered);
  EXPECT_EQ(::write(out, "after\n", 6), 6);
  std::ifstream in(file);
  std::string const text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, "before\n2026-11-18 11:06:40+00:00  ✗ firmware-nightly #42 failed\nafter\n");
  ::close(out);
  std::filesystem::remove(file);
}

TEST_F(on_stdout, a_socket_will_do_too) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  out = pair[1];
  EXPECT_EQ(bench.deliver_at_once(*make()).verdict, verdict::delivered);
  ::close(pair[0]);
  EXPECT_EQ(bench.deliver_at_once(*make()).verdict, verdict::retry);
  ::close(pair[1]);
}

TEST_F(on_stdout, long_lines_of_two_sinks_are_not_mixed) {
  bench.event.job->labels = {{"big", std::string(300'000, 'x')}};
  auto const text = make(), json = make(stdout_options::style::json);
  std::string const line = notify::standard_json(bench.event) + "\n";
  testing::sink_bench other;
  other.event = bench.event;
  // The first fills the pipe and waits in the middle of its line; the second has to wait for its end.
  bench.begin(*json);
  EXPECT_FALSE(bench.result);
  auto const second = make(stdout_options::style::json);
  std::optional<notify::attempt> ended;
  auto const deliver = [](notify::sink& sink, testing::sink_bench& b,
                          std::optional<notify::attempt>& into) -> boost::asio::awaitable<void> {
    notify::delivery const what{b.event.id, b.event, b.clock.now()};
    into = co_await sink.deliver(what);
  };
  boost::asio::co_spawn(bench.loop, deliver(*second, other, ended), [](std::exception_ptr) {});
  std::string all;
  while (all.size() < 2 * line.size()) {
    bench.turn();
    all += read_some();
  }
  bench.turn();
  EXPECT_EQ(all, line + line);
  EXPECT_TRUE(ended);
}

TEST_F(on_stdout, stopping_ends_what_waits) {
  auto const sink = make();
  fill();
  bench.begin(*sink);
  sink->stop();
  bench.turn();
  EXPECT_EQ(bench.result.value().verdict, verdict::stopped);
  EXPECT_EQ(bench.deliver_at_once(*sink).verdict, verdict::stopped);
}

TEST_F(on_stdout, colours_are_for_terminals) {
  int master = -1, terminal = -1;
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
  out = terminal;
  EXPECT_EQ(bench.deliver_at_once(*make()).verdict, verdict::delivered);
  char bytes[500] = {};
  EXPECT_GT(::read(master, bytes, sizeof bytes - 1), 0);
  EXPECT_THAT(std::string(bytes), HasSubstr("\x1b[31m✗\x1b[0m firmware-nightly"));
  EXPECT_EQ(::fcntl(terminal, F_GETFL) & O_NONBLOCK, 0);
  ::close(master);
  ::close(terminal);
}

TEST_F(on_stdout, a_terminal_that_nobody_reads_does_not_block_the_loop) {
  int master = -1, terminal = -1;
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
  out = terminal;
  bench.event.job->labels = {{"big", std::string(1'000'000, 'x')}};
  auto const sink = make(stdout_options::style::json);
  bench.begin(*sink);
  EXPECT_FALSE(bench.result);
  sink->stop();
  bench.turn();
  EXPECT_EQ(bench.result.value().verdict, verdict::stopped);
  ::close(master);
  ::close(terminal);
}

TEST(colours, are_refused_by_no_color_and_dumb_terminals) {
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(colours_welcome());
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(colours_welcome());
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(colours_welcome());
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(colours_welcome());
}

}  // namespace
}  // namespace buildwatch::sinks

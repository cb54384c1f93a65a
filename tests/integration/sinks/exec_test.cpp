// The exec sink with real programs. Time-outs ring when the test says so: nothing here waits for a clock.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "buildwatch/notify/format.hpp"
#include "unit/sinks/support.hpp"

namespace buildwatch::sinks {
namespace {

using namespace std::chrono_literals;
using notify::verdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

class exec : public ::testing::Test {
 protected:
  std::unique_ptr<notify::sink> make(std::vector<std::string> command) {
    options.command = std::move(command);
    parts shared{bench.net, bench.log, 1, "1"};
    shared.inherited = inherited;
    return make_exec_sink(shared, options, "script");
  }
  std::unique_ptr<notify::sink> make_shell(std::string const& script) { return make({"/bin/sh", "-c", script}); }

  notify::attempt finish() {
    while (!bench.result) {
      bench.loop.restart();
      bench.loop.run_one();
    }
    return *bench.result;
  }
  notify::attempt run(notify::sink& sink) {
    bench.begin(sink);
    return finish();
  }
  notify::attempt run_shell(std::string const& script) {
    auto const sink = make_shell(script);
    return run(*sink);
  }
  /// Turns the loop until the program has printed `count` lines.
  void wait_for_lines(std::size_t count) {
    while (!bench.result && printed().size() < count) {
      bench.loop.restart();
      bench.loop.run_one();
    }
  }
  std::vector<std::string> printed() {
    std::vector<std::string> lines;
    std::string const prefix = "sink script: ";
    for (auto const& e : bench.log.events) {
      if (e.id == "exec.output") lines.push_back(e.text.substr(prefix.size()));
    }
    return lines;
  }
  void ring() {
    bench.clock.advance(options.timeout);
    bench.alarms.run(bench.clock.now().mono);
  }

  testing::sink_bench bench;
  exec_options options;
  environment inherited{{"PATH", "/usr/bin:/bin"}};
};

/// True once the process is dead (perhaps not reaped by whoever inherited it).
bool dead(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return true;
  return text.at(text.rfind(')') + 2) == 'Z';
}

TEST_F(exec, exit_status_0_is_delivered_anything_else_is_tried_again) {
  auto const good = run_shell("exit 0");
  EXPECT_EQ(good.verdict, verdict::delivered);
  EXPECT_EQ(good.answer, "exit status 0");
  auto const bad = run_shell("exit 3");
  EXPECT_EQ(bad.verdict, verdict::retry);
  EXPECT_EQ(bad.answer, "exit status 3");
  auto const killed = run_shell("kill -TERM $$");
  EXPECT_EQ(killed.verdict, verdict::retry);
  EXPECT_EQ(killed.answer, "killed by signal 15");
}

TEST_F(exec, a_program_that_can_not_be_run_is_a_failed_try) {
  auto const missing = make({"/nonexistent/on-build"});
  auto const result = run(*missing);
  EXPECT_EQ(result.verdict, verdict::retry);
  EXPECT_EQ(result.answer, "can not run /nonexistent/on-build: No such file or directory");
  auto const no_program = make({"/etc/passwd"});
  EXPECT_EQ(run(*no_program).answer, "can not run /etc/passwd: Permission denied");
}

TEST_F(exec, arguments_pass_through_no_shell) {
  auto const sink = make({"/usr/bin/printf", "%s|", "$HOME", "a b", "*", ""});
  run(*sink);
  EXPECT_THAT(printed(), ElementsAre("$HOME|a b|*||"));
}

TEST_F(exec, inherits_no_descriptor) {
  int const plain = ::open("/etc/passwd", O_RDONLY);  // without O_CLOEXEC, as careless libraries do
  int const high = ::dup2(plain, 200);
  auto const sink = make({"/bin/ls", "/proc/self/fd"});
  run(*sink);
  EXPECT_THAT(printed(), ElementsAre("0", "1", "2", "3")) << "3 is what ls itself reads";
  ::close(plain);
  ::close(high);
}

TEST_F(exec, has_default_signals_none_blocked) {
  auto const before = std::signal(SIGPIPE, SIG_IGN);
  auto const before_int = std::signal(SIGINT, SIG_IGN);
  sigset_t term, old;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigaddset(&term, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &term, &old);
  auto const sink = make({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  run(*sink);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  std::signal(SIGPIPE, before);
  std::signal(SIGINT, before_int);
  EXPECT_THAT(printed(), ElementsAre("SigBlk: 0000000000000000", "SigIgn: 0000000000000000"));
}

TEST_F(exec, runs_in_the_root_directory_as_leader_of_its_own_group) {
  run_shell("pwd; echo $$; cut -d' ' -f5 /proc/self/stat");
  auto const lines = printed();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "/");
  EXPECT_EQ(lines[1], lines[2]);
  EXPECT_NE(lines[2], std::to_string(::getpgrp()));
}

TEST_F(exec, environment_is_exactly_what_the_contract_lists) {
  inherited = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"TZ", "CET-1"}};
  options.env = {{"K", base::secret("v")}, {"TZ", base::secret("UTC")}, {"BUILDWATCH_JOB", base::secret("x")}};
  auto const sink = make({"/usr/bin/env"});
  run(*sink);
  EXPECT_THAT(printed(), ElementsAreArray({
                             "BUILDWATCH_BUILD=42",
                             "BUILDWATCH_CHANGE=",
                             "BUILDWATCH_EVENT_ID=evt_3b1f",
                             "BUILDWATCH_EVENT_TYPE=build.finished",
                             "BUILDWATCH_JOB=firmware-nightly",
                             "BUILDWATCH_JOB_ID=48c66c6002964721be537cdc6ce0297b",
                             "BUILDWATCH_OUTCOME=failure",
                             "BUILDWATCH_PROVIDER=huawei",
                             "BUILDWATCH_SUMMARY=firmware-nightly #42 failed",
                             "K=v",
                             "LANG=C.UTF-8",
                             "PATH=/usr/bin:/bin",
                             "TZ=UTC",
                         }));
}

TEST_F(exec, what_an_event_has_not_is_empty_in_the_environment) {
  bench.event.type = model::event_type::provider_unreachable;
  bench.event.job.reset();
  bench.event.build.reset();
  inherited.clear();
  auto const sink = make({"/usr/bin/env"});
  run(*sink);
  for (auto const* empty : {"BUILDWATCH_BUILD=", "BUILDWATCH_JOB=", "BUILDWATCH_JOB_ID=", "BUILDWATCH_OUTCOME="}) {
    EXPECT_THAT(printed(), Contains(empty));
  }
}

TEST(inherited_environment, is_five_variables_where_set) {
  ::setenv("PATH", "/usr/bin", 1);
  ::setenv("LC_ALL", "", 1);
  ::setenv("SECRET_OF_THE_DAEMON", "x", 1);
  ::unsetenv("LANG");
  ::unsetenv("TZ");
  ::setenv("HOME", "/root", 1);
  EXPECT_EQ(inherited_environment(), (environment{{"PATH", "/usr/bin"}, {"HOME", "/root"}, {"LC_ALL", ""}}));
}

TEST_F(exec, standard_input_is_the_event) {
  run_shell("cat");
  EXPECT_THAT(printed(), ElementsAre(notify::standard_json(bench.event)));
}

TEST_F(exec, standard_input_of_any_size_can_be_read_or_left) {
  bench.event.job->labels = {{"big", std::string(1'000'000, 'x')}};
  EXPECT_EQ(run_shell("exit 0").verdict, verdict::delivered);
  EXPECT_EQ(run_shell("exec <&-; exit 0").verdict, verdict::delivered);
  run_shell("wc -c");
  EXPECT_THAT(printed(), ElementsAre(std::to_string(notify::standard_json(bench.event).size() + 1)));
}

TEST_F(exec, output_and_errors_are_logged_line_by_line_with_the_sinks_name) {
  run_shell("echo out; echo err >&2; printf unfinished");
  EXPECT_THAT(printed(), ElementsAre("out", "err", "unfinished"));
  auto const& e = bench.log.events.front();
  EXPECT_EQ(e.level, base::log_level::info);
  EXPECT_THAT(e.fields, Contains(::testing::Pair("sink", "script")));
  EXPECT_THAT(e.fields, Contains(::testing::Pair("event_id", "evt_3b1f")));
}

TEST_F(exec, secrets_of_its_environment_are_hidden_in_what_it_prints) {
  options.env = {{"API_TOKEN", base::secret("hunter2")}};
  run_shell("env; set -x; curl_like() { :; }; curl_like -H \"Authorization: Bearer $API_TOKEN\"");
  EXPECT_THAT(printed(), Contains("API_TOKEN=[hidden]"));
  EXPECT_THAT(bench.log.text(), Not(HasSubstr("hunter2")));
}

TEST_F(exec, much_output_is_bounded_and_drained) {
  EXPECT_EQ(run_shell("yes | head -c 5000000").verdict, verdict::delivered);
  EXPECT_EQ(printed().size(), 201U);
  EXPECT_THAT(printed().back(), HasSubstr("more bytes not shown"));
}

TEST_F(exec, the_time_out_kills_the_whole_group) {
  auto const sink = make_shell("sleep 1000 & echo $!; trap '' TERM INT; sleep 1000 & wait");
  bench.begin(*sink);
  wait_for_lines(1);
  ring();
  auto const result = finish();
  EXPECT_EQ(result.verdict, verdict::retry);
  EXPECT_EQ(result.answer, "killed by signal 9 (timed out after 30 s)");
  pid_t const grandchild = std::stoi(printed().front());
  while (!dead(grandchild)) ::usleep(1000);
  EXPECT_EQ(bench.alarms.size(), 0U);
}

TEST_F(exec, endless_output_ends_with_the_time_out) {
  auto const sink = make({"/usr/bin/yes"});
  bench.begin(*sink);
  wait_for_lines(200);
  ring();
  EXPECT_EQ(finish().answer, "killed by signal 9 (timed out after 30 s)");
  EXPECT_EQ(printed().size(), 201U);
}

TEST_F(exec, a_descendant_that_keeps_the_output_open_does_not_hold_the_delivery) {
  EXPECT_EQ(run_shell("sleep 1000 & echo $!; exit 0").verdict, verdict::delivered);
  ::kill(std::stoi(printed().front()), SIGKILL);
  EXPECT_EQ(run_shell("yes & exit 0").verdict, verdict::delivered) << "not even one that goes on printing";
}

TEST_F(exec, stopping_kills_what_runs_and_starts_nothing_more) {
  auto const sink = make_shell("sleep 1000 & echo $!; sleep 1000");
  bench.begin(*sink);
  wait_for_lines(1);
  sink->stop();
  EXPECT_EQ(finish().verdict, verdict::stopped);
  while (!dead(std::stoi(printed().front()))) ::usleep(1000);
  EXPECT_EQ(bench.deliver_at_once(*sink).verdict, verdict::stopped);
}

TEST_F(exec, leaves_neither_zombies_nor_descriptors) {
  auto const count = [] {
    auto const all = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  run_shell("exit 0");
  auto const before = count();
  for (int i = 0; i < 20; ++i) run_shell(i % 2 == 0 ? "exit 0" : "echo x; exit 1");
  run(*make({"/nonexistent/on-build"}));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(exec, an_ignored_sigchld_is_told_rather_than_taken_for_success) {
  auto const before = std::signal(SIGCHLD, SIG_IGN);
  auto const result = run_shell("exit 0");
  std::signal(SIGCHLD, before);
  EXPECT_EQ(result.verdict, verdict::retry);
  EXPECT_EQ(result.answer, "exit status lost: SIGCHLD is ignored");
}

}  // namespace
}  // namespace buildwatch::sinks

#include "buildwatch/cli/app.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/base/print.hpp"
#include "buildwatch/base/version.hpp"
#include "buildwatch/service/commands.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {
namespace {

std::map<std::string, base::log_level> const levels{{"trace", base::log_level::trace},
                                                    {"debug", base::log_level::debug},
                                                    {"info", base::log_level::info},
                                                    {"warn", base::log_level::warn},
                                                    {"error", base::log_level::error}};
std::vector<std::string> const level_names{"trace", "debug", "info", "warn", "error"};

/// A command that has nothing left to do but print, once it prints.
template <class Carry>
std::function<int()> printing(Carry carry_out) {
  return [carry_out] {
    service::end_with_the_reader();
    return carry_out();
  };
}

std::vector<std::string> selectors() { return {model::selector_words().begin(), model::selector_words().end()}; }

/// Everything the command line can say.
struct command_line {
  explicit command_line(CLI::App& top);
  /// Carries out the subcommand that was named.
  int follow();

 private:
  void add_common(CLI::App& top);
  void add_check(CLI::App& top);
  void add_notify(CLI::App& top);
  void add_explain(CLI::App& top);
  void add_status(CLI::App& top);
  void add_watch(CLI::App& top);
  void add_history(CLI::App& top);
  void add_outbox(CLI::App& top);
  CLI::App* add_outbox_part(CLI::App& outbox, std::string const& name, std::string const& what);

  common_options common_;
  check_options check_;
  notify_options notify_;
  explain_options explain_;
  status_options status_;
  watch_options watch_;
  history_options history_;
  outbox_options outbox_;
  std::string level_;
  std::string selector_ = "failure";
  std::vector<std::pair<CLI::App*, std::function<int()>>> commands_;
};

command_line::command_line(CLI::App& top) {
  top.set_version_flag("--version", fmt::format("buildwatchd {}", base::version()));
  top.require_subcommand(1);
  top.fallthrough();
  add_common(top);
  auto* const run_command = top.add_subcommand("run", "the daemon, in the foreground; logs to stderr");
  commands_.emplace_back(run_command, [this] { return run(common_); });
  add_check(top);
  add_notify(top);
  add_explain(top);
  add_status(top);
  add_watch(top);
  add_history(top);
  add_outbox(top);
}

void command_line::add_common(CLI::App& top) {
  top.add_option("--config", common_.config, "the configuration")->type_name("FILE")->capture_default_str();
  top.add_option("--log-level", level_, "how much to log, instead of what the file says")
      ->type_name("LEVEL")
      ->check(CLI::IsMember(level_names));
  top.add_option("--credentials-dir", common_.credentials_dir,
                 "where ${credential:NAME} is read, instead of $CREDENTIALS_DIRECTORY")
      ->type_name("DIR");
}

void command_line::add_check(CLI::App& top) {
  auto* const command = top.add_subcommand("check", "validates the configuration");
  command->add_option("FILE", common_.config, "the configuration, instead of --config");
  command->add_flag("--online", check_.online, "also ask each provider for each job, and connect to each webhook host");
  command->add_flag("--strict", check_.strict, "warnings are errors");
  commands_.emplace_back(command, printing([this] { return check(common_, check_); }));
}

void command_line::add_notify(CLI::App& top) {
  auto* const command = top.add_subcommand("notify", "sends one test event through one sink, and prints the answer");
  command->add_option("SINK", notify_.sink, "name of the sink")->required();
  command->add_option("--event", selector_, "what kind of event: a selector, as in rules")
      ->type_name("SELECTOR")
      ->capture_default_str()
      ->check(CLI::IsMember(selectors()));
  commands_.emplace_back(command, [this] {
    notify_.selector = *model::selector_named(selector_);
    return notify(common_, notify_);
  });
}

void command_line::add_explain(CLI::App& top) {
  auto* const command =
      top.add_subcommand("explain", "which sinks an event would reach, by which rule, and why not the others");
  command->add_option("JOB", explain_.first, "name of the job; left out with --provider");
  command->add_option("EVENT", explain_.second,
                      fmt::format("what kind of event, as in rules: {}", fmt::join(model::selector_words(), " ")));
  command
      ->add_option("--provider", explain_.provider,
                   "an event of this provider as a whole: unreachable, recovered or all")
      ->type_name("NAME");
  command->footer(
      "A selector that is an outcome stands for a build that ends so, without a change; one that is a change for a\n"
      "build with the outcome that goes with it; finished leaves the outcome open; all goes through every selector.\n"
      "rules[0] is the first rule of the main file; those of included files are counted on from there, in their "
      "order.");
  commands_.emplace_back(command, printing([this] { return explain(common_, explain_); }));
}

void command_line::add_status(CLI::App& top) {
  auto* const command = top.add_subcommand("status", "the jobs of a running daemon, those that fail first");
  command->add_flag("--json", status_.json, "one JSON object a line, by name");
  command->footer("It asks the daemon's HTTP API, so the configuration needs `http`.");
  commands_.emplace_back(command, printing([this] { return status(common_, status_); }));
}

void command_line::add_watch(CLI::App& top) {
  auto* const command = top.add_subcommand("watch", "follows one build to its end, with a bar and the time left");
  command->add_option("JOB", watch_.job, "name of the job")->required();
  command->add_option("--build", watch_.build, "that build; when left out the one that the job names, else the newest")
      ->type_name("N")
      ->check(CLI::Range(1U, 2'147'483'647U));
  command->footer(
      "A build that is not there yet is waited for; of one that has ended already it says how. Exit status: 0 "
      "success,\n"
      "1 failure, 3 unstable, 4 aborted, 5 unknown, 6 the build could not be watched, 130 Ctrl-C: the build goes on.");
  commands_.emplace_back(command, [this] { return watch(common_, watch_); });
}

void command_line::add_history(CLI::App& top) {
  auto* const command = top.add_subcommand("history", "past builds, newest first; or events, and what became of each");
  command->add_option("JOB", history_.job, "name of the job; all jobs when left out");
  command->add_flag("--events", history_.events, "events in order, each with what became of it with each sink");
  command->add_flag("--json", history_.json, "one JSON object a line");
  command
      ->add_option("--limit", history_.limit,
                   "at most the newest N; when left out 100 builds, and with --json or --events all")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  commands_.emplace_back(command, printing([this] { return history(common_, history_); }));
}

CLI::App* command_line::add_outbox_part(CLI::App& outbox, std::string const& name, std::string const& what) {
  auto* const command = outbox.add_subcommand(name, what);
  command->add_option("ID", outbox_.names, "number of a delivery, or id of an event: all of that event's");
  command->add_flag("--json", outbox_.json, "one JSON object a line");
  return command;
}

void command_line::add_outbox(CLI::App& top) {
  auto* const command = top.add_subcommand("outbox", "notifications that wait or are dead");
  command->require_subcommand(1);
  command->add_flag("--json", outbox_.json, "one JSON object a line");
  auto* const list = add_outbox_part(*command, "list", "shows them");
  auto* const retry = add_outbox_part(*command, "retry", "has them tried again at once; all when no ID is given");
  retry->add_flag("--all", outbox_.all, "all of them, as when no ID is given");
  auto* const drop = add_outbox_part(*command, "drop", "gives them up: they are never sent");
  drop->add_flag("--all", outbox_.all, "all of them");
  commands_.emplace_back(list, printing([this] { return outbox_list(common_, outbox_); }));
  commands_.emplace_back(retry, printing([this] { return outbox_retry(common_, outbox_); }));
  commands_.emplace_back(drop, printing([this] { return outbox_drop(common_, outbox_); }));
}

int command_line::follow() {
  if (!level_.empty()) common_.log_level = levels.at(level_);
  for (auto const& [command, carry_out] : commands_) {
    if (command->parsed()) return carry_out();
  }
  return wrong_usage;
}

/// What was to be read on standard output and could not be written is a failure.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  base::print_line(stderr, "buildwatchd: standard output can not be written to");
  return code == done ? failed : code;
}

/// A word that stands where a command is wanted, and is none.
std::optional<std::string> no_command(CLI::App const& top) {
  CLI::App const* named = &top;
  while (!named->get_subcommands().empty()) named = named->get_subcommands().front();
  if (named->get_require_subcommand_min() == 0) return std::nullopt;
  std::vector<std::string> const words = top.remaining(true);
  auto const word = std::ranges::find_if(words, [](std::string const& w) { return !w.starts_with('-'); });
  return word == words.end() ? std::nullopt : std::optional(*word);
}

/// Says what is wrong, or what was asked for.
int leave(CLI::App const& top, CLI::ParseError const& why) {
  service::end_with_the_reader();
  auto const word = why.get_exit_code() == 0 ? std::nullopt : no_command(top);
  if (word) {
    base::print_line(stderr, fmt::format("buildwatchd: there is no command {}; --help lists them", *word));
    return wrong_usage;
  }
  return top.exit(why) == 0 ? written(done) : wrong_usage;
}

}  // namespace

int app(int argc, char const* const* argv) {
  service::prepare_process();
  try {
    CLI::App top("Watches Huawei Cloud CodeArts builds, and tells people and scripts how each one ends.",
                 "buildwatchd");
    command_line line(top);
    try {
      top.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
      return leave(top, e);
    }
    return written(line.follow());
  } catch (std::exception const& e) {
    base::print_line(stderr, fmt::format("buildwatchd: {}", e.what()));
    return failed;
  }
}

}  // namespace buildwatch::cli

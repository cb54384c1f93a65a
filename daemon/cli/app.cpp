#include "buildwatch/cli/app.hpp"
#include "buildwatch/base/print.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

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

std::vector<std::string> selectors() { return {model::selector_words().begin(), model::selector_words().end()}; }

/// Everything the command line can say.
struct command_line {
  explicit command_line(CLI::App& top);

  common_options common;
  check_options check;
  notify_options notify;
  std::string level;
  std::string selector = "failure";
  CLI::App* run_command = nullptr;
  CLI::App* check_command = nullptr;
  CLI::App* notify_command = nullptr;
};

command_line::command_line(CLI::App& top) {
  top.set_version_flag("--version", fmt::format("buildwatchd {}", base::version()));
  top.require_subcommand(1);
  top.fallthrough();
  top.add_option("--config", common.config, "the configuration")->type_name("FILE")->capture_default_str();
  top.add_option("--log-level", level, "how much to log, instead of what the file says")
      ->type_name("LEVEL")
      ->check(CLI::IsMember(level_names));
  top.add_option("--credentials-dir", common.credentials_dir,
                 "where ${credential:NAME} is read, instead of $CREDENTIALS_DIRECTORY")
      ->type_name("DIR");

  run_command = top.add_subcommand("run", "the daemon, in the foreground; logs to stderr");

  check_command = top.add_subcommand("check", "validates the configuration");
  check_command->add_option("FILE", common.config, "the configuration, instead of --config");
  check_command->add_flag("--online", check.online,
                          "also ask each provider for each job, and connect to each webhook host");
  check_command->add_flag("--strict", check.strict, "warnings are errors");

  notify_command = top.add_subcommand("notify", "sends one test event through one sink, and prints the answer");
  notify_command->add_option("SINK", notify.sink, "name of the sink")->required();
  notify_command->add_option("--event", selector, "what kind of event: a selector, as in rules")
      ->type_name("SELECTOR")
      ->capture_default_str()
      ->check(CLI::IsMember(selectors()));
}

int follow(command_line& line) {
  if (!line.level.empty()) line.common.log_level = levels.at(line.level);
  if (line.run_command->parsed()) return run(line.common);
  if (line.check_command->parsed()) return check(line.common, line.check);
  line.notify.selector = *model::selector_named(line.selector);
  return notify(line.common, line.notify);
}

/// What was to be read on standard output and could not be written is a failure.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  base::print_line(stderr, "buildwatchd: standard output can not be written to");
  return code == done ? failed : code;
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
      return top.exit(e) == 0 ? written(done) : wrong_usage;
    }
    return written(follow(line));
  } catch (std::exception const& e) {
    base::print_line(stderr, fmt::format("buildwatchd: {}", e.what()));
    return failed;
  }
}

}  // namespace buildwatch::cli

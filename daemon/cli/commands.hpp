// The subcommands, a file each, and what they share.
#pragma once

#include <optional>
#include <string>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"

namespace buildwatch::cli {

/// Exit codes (contract, section 1; 78 is EX_CONFIG of sysexits.h).
enum exit_code : int { done = 0, failed = 1, wrong_usage = 2, wrong_configuration = 78 };

/// Options of all subcommands.
struct common_options {
  std::string config = "/etc/buildwatch/buildwatch.yaml";
  std::optional<base::log_level> log_level;    ///< instead of `log.level`
  std::optional<std::string> credentials_dir;  ///< instead of $CREDENTIALS_DIRECTORY
};

/// Loads the configuration. Any thread.
[[nodiscard]] config::loaded read(common_options const& common, bool missing_credentials_dir_warns);
/// The same, every complaint to stderr. No settings: it is wrong, and the caller exits with
/// wrong_configuration.
[[nodiscard]] config::loaded load(common_options const& common, bool missing_credentials_dir_warns);
/// The log that a subcommand writes to stderr.
[[nodiscard]] config::log_options log_of(common_options const& common, config::settings const& what);

struct check_options {
  bool online = false;
  bool strict = false;
};

struct notify_options {
  std::string sink;
  model::selector selector = model::selector::failure;
};

[[nodiscard]] int run(common_options const& common);
[[nodiscard]] int check(common_options const& common, check_options const& options);
[[nodiscard]] int notify(common_options const& common, notify_options const& options);

}  // namespace buildwatch::cli

// The subcommands, a file each, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"
#include "buildwatch/store/reader.hpp"

namespace buildwatch::cli {

/// Exit codes (contract, section 1; 78 is EX_CONFIG of sysexits.h).
enum exit_code : int { done = 0, failed = 1, wrong_usage = 2, wrong_configuration = 78 };

/// Options of all subcommands.
struct common_options {
  std::string config = "/etc/buildwatch/buildwatch.yaml";
  std::optional<base::log_level> log_level;    ///< instead of `log.level`
  std::optional<std::string> credentials_dir;  ///< instead of $CREDENTIALS_DIRECTORY
};

/// What a subcommand wants of the secrets in the configuration.
enum class secrets : std::uint8_t {
  needed,
  as_given,    ///< needed, but outside the service an unset credentials directory is no fault of the file
  http_token,  ///< that of `http` and no other
  unread,      ///< nothing that `${…}` names is looked up where a secret stands, and no certificate is loaded
};

/// Loads the configuration. Any thread.
[[nodiscard]] config::loaded read(common_options const& common, secrets wanted);
/// The same, every complaint to stderr. No settings: it is wrong, and the caller exits with wrong_configuration.
[[nodiscard]] config::loaded load(common_options const& common, secrets wanted);
/// The same for commands that look at something else: warnings of a right configuration are not shown.
[[nodiscard]] std::optional<config::settings> load_quietly(common_options const& common, secrets wanted);
/// The log that a subcommand writes to stderr.
[[nodiscard]] config::log_options log_of(common_options const& common, config::settings const& what);

/// The index of the job with that name; nullopt: there is none, which has been said ("buildwatchd COMMAND: …").
[[nodiscard]] std::optional<std::size_t> find_job(config::settings const& what, std::string_view name,
                                                  common_options const& common, std::string_view command);

/// A line for people on standard output; in ASCII where UTF-8 is not read there.
void tell(std::string_view line);

/// The store that the settings name, for reading; null, and `exit` says how to end: there is none yet (done), or it
/// cannot be read (failed); either has been said.
struct looking {
  std::unique_ptr<store::reader> reader;
  exit_code exit = done;
};
[[nodiscard]] looking look_into(config::settings const& what, std::string_view command);

struct check_options {
  bool online = false;
  bool strict = false;
};

struct notify_options {
  std::string sink;
  model::selector selector = model::selector::failure;
};

struct explain_options {
  std::string provider;  ///< --provider; empty: it is about a job
  std::string first;     ///< JOB; with --provider EVENT
  std::string second;    ///< EVENT; with --provider empty
};

struct status_options {
  bool json = false;
};

struct watch_options {
  std::string job;
  std::uint32_t build = 0;  ///< 0: not given
};

struct history_options {
  std::string job;  ///< empty: all
  bool events = false;
  bool json = false;
  std::size_t limit = 0;  ///< 0: not given
};

struct outbox_options {
  std::vector<std::string> names;  ///< numbers and ids of events
  bool all = false;
  bool json = false;
};

[[nodiscard]] int run(common_options const& common);
[[nodiscard]] int check(common_options const& common, check_options const& options);
[[nodiscard]] int notify(common_options const& common, notify_options const& options);
[[nodiscard]] int explain(common_options const& common, explain_options const& options);
[[nodiscard]] int status(common_options const& common, status_options const& options);
[[nodiscard]] int watch(common_options const& common, watch_options const& options);
[[nodiscard]] int history(common_options const& common, history_options const& options);
[[nodiscard]] int outbox_list(common_options const& common, outbox_options const& options);
[[nodiscard]] int outbox_retry(common_options const& common, outbox_options const& options);
[[nodiscard]] int outbox_drop(common_options const& common, outbox_options const& options);

}  // namespace buildwatch::cli

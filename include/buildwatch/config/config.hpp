// The configuration: YAML in, validated settings or every complaint out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/codearts/options.hpp"
#include "buildwatch/notify/options.hpp"
#include "buildwatch/sinks/options.hpp"
#include "buildwatch/store/options.hpp"
#include "buildwatch/watch/options.hpp"
#include "buildwatch/web/options.hpp"

namespace buildwatch::config {

/// `log`
struct log_options {
  base::log_level level = base::log_level::info;
  enum class style { automatic, text, json };
  style format = style::automatic;
};

/// All of a configuration, valid, each room's part its own. providers[i] and watch.providers[i] are the same provider.
struct settings {
  log_options log;
  store::store_options store;  ///< path: as given, or below the state directory of the environment
  std::vector<codearts::provider_options> providers;
  watch::options watch;
  std::vector<sinks::sink_options> sinks;          ///< in the order of the file
  std::optional<std::vector<notify::rule>> rules;  ///< nullopt: no `rules` key
  std::optional<web::options> http;                ///< nullopt: no `http` key, no HTTP API
  std::vector<std::uint32_t> by_name;              ///< of watch.jobs, in byte order of names; for those who list them
};

/// Where a complaint points and what it says.
struct complaint {
  std::string file;
  std::size_t line = 0;    ///< from 1; 0: the file as a whole
  std::size_t column = 0;  ///< bytes, from 1
  std::string path;        ///< "jobs[2].poll.idle"; may be empty
  std::string text;        ///< never a secret, nor the text of a `${…}` that is missing or wrong
  bool warning = false;
};

/// "FILE:LINE:COLUMN: KEY.PATH: text", with "warning: " before the path of a warning. Control characters are replaced.
[[nodiscard]] std::string to_string(complaint const& c);

/// The world as the parser sees it: tests hand in their own.
struct environment {
  std::function<std::optional<std::string>(std::string const&)> variable;  ///< getenv
  std::optional<std::string> credentials_dir;  ///< --credentials-dir or $CREDENTIALS_DIRECTORY
  std::string home = {};  ///< of the user, where $HOME is unset: what the user database says; empty: nothing
  /// `check` outside the service: an unset credentials directory is a warning, and the value counts as given.
  bool missing_credentials_dir_warns = false;
  /// Commands that read no secret: `${…}` in secret places is not expanded at all.
  bool skip_secrets = false;
  /// … but that of `http.token` is looked up even so: who asks the HTTP API needs it and no other.
  bool http_token = false;
  /// Whether certificates and keys can be loaded (net::check_tls); none: nobody asks.
  std::function<std::optional<net::tls_fault>(net::tls_options const&)> tls_fault = {};
};

struct loaded {
  std::optional<config::settings> settings;  ///< nullopt exactly when there is an error among the complaints
  std::vector<complaint> complaints;         ///< in order of file (main first), line, column
};

/// Reads the file and what it includes. Never throws for content.
[[nodiscard]] loaded load(std::string const& file, environment const& world);

/// The real environment of this process.
[[nodiscard]] environment process_environment(std::optional<std::string> credentials_dir);

/// "1h30m" -> duration; nullopt where it is none. Units ms, s, m, h, d, each at most once, from large to small. Pure.
[[nodiscard]] std::optional<base::duration> parse_duration(std::string_view text);
/// `; did you mean "x"?` with the known word that someone who wrote `word` most likely meant, or nothing. Pure.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<std::string_view const> known);
/// "10/s", "600/m" -> per second. Pure.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);

}  // namespace buildwatch::config

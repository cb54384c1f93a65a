// Every kind of sink, and the one place that makes them. To add one: a struct in options.hpp, a file
// daemon/sinks/KIND.cpp, a line in make_sink.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/net/client.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/sinks/options.hpp"

namespace buildwatch::sinks {

/// Names and values.
using environment = std::vector<std::pair<std::string, std::string>>;

/// What of this process's environment the programs of exec sinks get: PATH HOME LANG LC_ALL TZ, where set.
[[nodiscard]] environment inherited_environment();

/// True where colours are welcome on a terminal: $NO_COLOR is unset or empty, $TERM is not "dumb".
[[nodiscard]] bool colours_welcome();

/// Makes those who write to one descriptor take turns, so that no line is mixed with another.
class console;
[[nodiscard]] std::shared_ptr<console> make_console();

/// What sinks are made from; outlives them.
struct parts {
  net::context const& net;
  base::log& log;
  int stdout_fd = 1;    ///< where `stdout` writes; its flags are left alone, for other processes share them
  std::string version;  ///< for user-agent: buildwatchd/VERSION
  std::shared_ptr<console> turns = make_console();  ///< of stdout_fd
  sinks::environment inherited = inherited_environment();
  bool colours = colours_welcome();  ///< used only where stdout_fd is a terminal
};

/// Fails where a certificate can not be loaded.
[[nodiscard]] base::result<std::unique_ptr<notify::sink>> make_sink(parts const& shared, sink_options const& options);

// One factory a kind; each is `final` in its own file. `name` is the sink's, for logs.

/// A line an event, to shared.stdout_fd. A reader that does not read holds up this sink alone; there is no time limit,
/// as half a line would be left behind. A closed descriptor or a full disk is a failed try.
[[nodiscard]] std::unique_ptr<notify::sink> make_stdout_sink(parts const& shared, stdout_options const& options);
/// Events as log events (`event.build.finished`, …): failed builds and what is unreachable at warn, the others at info.
[[nodiscard]] std::unique_ptr<notify::sink> make_log_sink(parts const& shared, log_options const& options,
                                                          std::string const& name);
[[nodiscard]] base::result<std::unique_ptr<notify::sink>> make_webhook_sink(parts const& shared,
                                                                            webhook_options const& options,
                                                                            unsigned concurrency);
/// The same over a client of the caller's, with which the URL's host has been agreed.
[[nodiscard]] std::unique_ptr<notify::sink> make_webhook_sink(parts const& shared, webhook_options const& options,
                                                              std::unique_ptr<net::client> client);
/// Runs a program for each event. Its output is logged line by line at info (exec.output): 200 lines and 64 KiB a run,
/// 1 KiB a line at most. Values of `env` of 4 bytes and more are hidden in it.
[[nodiscard]] std::unique_ptr<notify::sink> make_exec_sink(parts const& shared, exec_options const& options,
                                                           std::string const& name);

/// `webhook-signature` (Standard Webhooks): "v1,<base64 HMAC-SHA256 of id.timestamp.body>" for each key, separated by a
/// space.
[[nodiscard]] std::string webhook_signature(std::vector<base::secret> const& keys, std::string_view id,
                                            std::string_view timestamp, std::string_view body);

}  // namespace buildwatch::sinks

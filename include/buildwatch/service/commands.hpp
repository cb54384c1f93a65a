// What the command line can have done: the daemon, and the commands that need a loop as it does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"
#include "buildwatch/service/log.hpp"

namespace buildwatch::service {

/// Standard descriptors and signals as every command wants them. First of all, before anything is opened.
void prepare_process();

/// For commands that have nothing left to do but print: SIGPIPE ends them without a word, once nobody reads it.
void end_with_the_reader();

/// Holds SIGTERM, SIGINT and SIGHUP back until run() can follow them. Call before any thread is started.
void hold_signals();

/// How a running daemon reads its configuration again.
struct reload_options {
  std::function<config::loaded()> read;      ///< called on a thread of its own: it may wait for a disk
  std::optional<base::log_level> log_level;  ///< --log-level: wins over what the file says
};

/// `buildwatchd run`: builds every part from valid settings, opens the store, runs until SIGTERM or SIGINT, then stops
/// in order within 5 s; SIGHUP reloads. Exit code of the process: 0 stopped as asked, 1 failed while running or the
/// store cannot be used, 78 a part could not be made from the settings.
[[nodiscard]] int run(config::settings what, reload_options again, adjustable_log& log);

/// `buildwatchd check --online`: asks each provider for each job once and connects to each webhook host; a line each on
/// stdout. False when something did not answer well.
[[nodiscard]] bool check_online(config::settings const& what, base::log& log);

/// `buildwatchd notify SINK`: one test event through one sink, once; prints what the other side answered. False when it
/// failed.
[[nodiscard]] bool notify_once(config::settings const& what, std::size_t sink, model::selector selector,
                               base::log& log);

/// `buildwatchd watch JOB`: follows one build of the job to its end, and draws on stderr how far it is. `build`: which;
/// 0: the one that the settings name, else the newest. Needs no daemon, and takes past builds from its store where that
/// can be read. Exit code of the process: 0 success, 1 failure, 3 unstable, 4 aborted, 5 unknown, 6 it could not be
/// watched, 78 the provider could not be made from the settings, 128 and a signal's number: that signal came.
[[nodiscard]] int watch_build(config::settings const& what, std::size_t job, std::uint32_t build, base::log& log);

/// `buildwatchd status`: asks the daemon that serves `http` for its jobs, page by page, and prints them: a table, or
/// with `json` an object a line as the API gives them. False: it failed, and stderr says at what.
[[nodiscard]] bool show_jobs(web::options const& http, bool json);

}  // namespace buildwatch::service

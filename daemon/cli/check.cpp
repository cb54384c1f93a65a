// `buildwatchd check`: is the configuration right, and does the other side answer?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/service/log.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

int check(common_options const& common, check_options const& options) {
  // Outside the service the credentials are not there, which is no fault of the file; asking online needs them.
  config::loaded const loaded = load(common, options.online ? secrets::needed : secrets::as_given);
  if (!loaded.settings) return wrong_configuration;
  if (options.strict && !loaded.complaints.empty()) {  // only warnings are left
    base::print_line(stderr, fmt::format("{} warning(s), which --strict takes for errors", loaded.complaints.size()));
    return wrong_configuration;
  }
  auto const& what = *loaded.settings;
  base::print_line(stdout, fmt::format("{} jobs, {} sinks, OK", what.watch.jobs.size(), what.sinks.size()));
  if (!options.online) return done;
  std::fflush(stdout);
  config::log_options quiet = log_of(common, what);
  if (!common.log_level) quiet.level = base::log_level::warn;
  auto const log = service::make_log(quiet, 2);
  return service::check_online(what, *log) ? done : failed;
}

}  // namespace buildwatch::cli

// `buildwatchd status`: the jobs of a running daemon, by its HTTP API.
#include <fmt/format.h>

#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/commands.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

int status(common_options const& common, status_options const& options) {
  auto const what = load_quietly(common, secrets::http_token);
  if (!what) return wrong_configuration;
  if (!what->http) {
    base::print_line(stderr, fmt::format("buildwatchd status: {} has no `http`, so the daemon has no HTTP API to ask; "
                                         "add `http: {{}}` to it, and reload or restart the daemon",
                                         common.config));
    return failed;
  }
  return service::show_jobs(*what->http, options.json) ? done : failed;
}

}  // namespace buildwatch::cli

// `buildwatchd notify SINK`: one test event, to see that the other side takes it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/service/log.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

int notify(common_options const& common, notify_options const& options) {
  config::loaded const loaded = load(common, secrets::needed);
  if (!loaded.settings) return wrong_configuration;
  auto const& sinks = loaded.settings->sinks;
  auto const named = std::ranges::find(sinks, options.sink, [](auto const& s) { return s.delivery.name; });
  if (named == sinks.end()) {
    base::print_line(stderr, fmt::format("buildwatchd notify: {} has no sink named '{}'", common.config, options.sink));
    return wrong_usage;
  }
  auto const log = service::make_log(log_of(common, *loaded.settings), 2);
  auto const index = static_cast<std::size_t>(named - sinks.begin());
  return service::notify_once(*loaded.settings, index, options.selector, *log) ? done : failed;
}

}  // namespace buildwatch::cli

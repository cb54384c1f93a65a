// `buildwatchd watch JOB`: one build, followed in the terminal.
#include "buildwatch/service/commands.hpp"
#include "buildwatch/service/log.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

int watch(common_options const& common, watch_options const& options) {
  auto const what = load_quietly(common, secrets::needed);
  if (!what) return wrong_configuration;
  auto const job = find_job(*what, options.job, common, "watch");
  if (!job) return wrong_usage;
  config::log_options quiet = log_of(common, *what);
  if (!common.log_level) quiet.level = base::log_level::warn;
  auto const log = service::make_log(quiet, 2);
  return service::watch_build(*what, *job, options.build, *log);
}

}  // namespace buildwatch::cli

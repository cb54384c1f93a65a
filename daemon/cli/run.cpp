// `buildwatchd run`: the daemon, in the foreground.
#include "buildwatch/service/commands.hpp"
#include "buildwatch/service/log.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

int run(common_options const& common) {
  service::hold_signals();  // a SIGTERM that comes while a large file is read is followed as soon as the daemon stands
  config::loaded loaded = load(common, secrets::needed);
  if (!loaded.settings) return wrong_configuration;
  auto const log = service::make_log(log_of(common, *loaded.settings), 2);
  service::reload_options again;
  again.read = [common] { return read(common, secrets::needed); };
  again.log_level = common.log_level;
  return service::run(std::move(*loaded.settings), std::move(again), *log);
}

}  // namespace buildwatch::cli

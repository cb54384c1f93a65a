#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/net/client.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

config::loaded read(common_options const& common, bool missing_credentials_dir_warns) {
  config::environment world = config::process_environment(common.credentials_dir);
  world.missing_credentials_dir_warns = missing_credentials_dir_warns;
  world.tls_fault = net::check_tls;
  return config::load(common.config, world);
}

config::loaded load(common_options const& common, bool missing_credentials_dir_warns) {
  config::loaded loaded = read(common, missing_credentials_dir_warns);
  for (auto const& complaint : loaded.complaints) base::print_line(stderr, to_string(complaint));
  return loaded;
}

config::log_options log_of(common_options const& common, config::settings const& what) {
  config::log_options options = what.log;
  if (common.log_level) options.level = *common.log_level;
  return options;
}

}  // namespace buildwatch::cli

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/net/client.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

config::loaded read(common_options const& common, secrets wanted) {
  config::environment world = config::process_environment(common.credentials_dir);
  world.missing_credentials_dir_warns = wanted == secrets::as_given;
  world.http_token = wanted == secrets::http_token;
  world.skip_secrets = wanted == secrets::unread || world.http_token;
  if (!world.skip_secrets) world.tls_fault = net::check_tls;  // it loads keys
  return config::load(common.config, world);
}

config::loaded load(common_options const& common, secrets wanted) {
  config::loaded loaded = read(common, wanted);
  for (auto const& complaint : loaded.complaints) base::print_line(stderr, to_string(complaint));
  return loaded;
}

std::optional<config::settings> load_quietly(common_options const& common, secrets wanted) {
  config::loaded loaded = read(common, wanted);
  if (loaded.settings) return std::move(loaded.settings);
  for (auto const& complaint : loaded.complaints) base::print_line(stderr, to_string(complaint));
  return std::nullopt;
}

config::log_options log_of(common_options const& common, config::settings const& what) {
  config::log_options options = what.log;
  if (common.log_level) options.level = *common.log_level;
  return options;
}

std::optional<std::size_t> find_job(config::settings const& what, std::string_view name, common_options const& common,
                                    std::string_view command) {
  auto const& jobs = what.watch.jobs;
  auto const named = std::ranges::find(jobs, name, &watch::job_options::name);
  if (named != jobs.end()) return static_cast<std::size_t>(named - jobs.begin());
  std::vector<std::string_view> names;
  for (auto const& job : jobs) names.emplace_back(job.name);
  base::print_line(stderr, fmt::format("buildwatchd {}: {} has no job named '{}'{}", command, common.config, name,
                                       config::did_you_mean(name, names)));
  return std::nullopt;
}

looking look_into(config::settings const& what, std::string_view command) {
  auto opened = store::reader::open(what.store.path);
  if (!opened) {
    base::print_line(stderr, fmt::format("buildwatchd {}: {}", command, opened.error().text));
    return {nullptr, failed};
  }
  if (!*opened) {
    base::print_line(
        stderr, fmt::format("buildwatchd {}: no store yet at {}: the daemon has not run", command, what.store.path));
  }
  return {std::move(*opened), done};
}

}  // namespace buildwatch::cli

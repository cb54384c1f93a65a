// `buildwatchd explain`: whom would an event reach, and why not the others?
#include "buildwatch/service/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {
namespace {

int misused(std::string_view why) {
  base::print_line(stderr, fmt::format("buildwatchd explain: {}", why));
  return wrong_usage;
}

int print(std::vector<std::string> const& lines) {
  for (auto const& line : lines) base::print_line(stdout, line);
  return done;
}

int of_provider(config::settings const& what, common_options const& common, std::string const& name,
                model::selector selector) {
  auto const& providers = what.watch.providers;
  auto const named = std::ranges::find(providers, name, &watch::provider_options::name);
  if (named == providers.end()) {
    std::vector<std::string_view> names;
    for (auto const& p : providers) names.emplace_back(p.name);
    return misused(
        fmt::format("{} has no provider named '{}'{}", common.config, name, config::did_you_mean(name, names)));
  }
  auto const lines = service::explain_provider(what, static_cast<std::size_t>(named - providers.begin()), selector);
  if (lines.empty()) return misused("a provider's events are unreachable, recovered, or all of them");
  return print(lines);
}

}  // namespace

int explain(common_options const& common, explain_options const& options) {
  bool const provider = !options.provider.empty();
  std::string const& event = provider ? options.first : options.second;
  if (event.empty() || provider != options.second.empty()) {
    return misused(provider ? "expected EVENT beside --provider NAME" : "expected JOB EVENT, or --provider NAME EVENT");
  }
  auto const selector = model::selector_named(event);
  if (!selector) {
    return misused(
        fmt::format("there is no event '{}'{}", event, config::did_you_mean(event, model::selector_words())));
  }
  auto const what = load_quietly(common, secrets::unread);
  if (!what) return wrong_configuration;
  if (provider) return of_provider(*what, common, options.provider, *selector);
  auto const job = find_job(*what, options.first, common, "explain");
  return job ? print(service::explain_job(*what, *job, *selector)) : static_cast<int>(wrong_usage);
}

}  // namespace buildwatch::cli

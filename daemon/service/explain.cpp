#include "buildwatch/service/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "buildwatch/model/imagined.hpp"
#include "buildwatch/notify/rules.hpp"
#include "service/job_facts.hpp"

namespace buildwatch::service {
namespace {

using model::selector;

std::string fallback_of(config::settings const& what, std::vector<notify::route> const& routes, std::size_t sink) {
  auto const& how = what.sinks[sink].delivery;
  if (how.fallback.empty()) return {};
  for (std::size_t other = 0; other < routes.size(); ++other) {
    if (what.sinks[other].delivery.name == how.fallback && routes[other].owed) {
      return fmt::format("; its fallback {} is owed the event anyway", how.fallback);
    }
  }
  return fmt::format("; falls back to {} once dead, or after {}", how.fallback,
                     model::wait_for_people(how.fallback_after));
}

std::vector<std::string> lines_for(config::settings const& what, notify::rules const& rules, model::event const& e) {
  std::vector<std::string> lines;
  auto const routes = rules.routes_for(e);
  for (std::size_t sink = 0; sink < routes.size(); ++sink) {
    std::string const& name = what.sinks[sink].delivery.name;
    lines.push_back(routes[sink].owed
                        ? fmt::format("{}: owed ({}){}", name, routes[sink].why, fallback_of(what, routes, sink))
                        : fmt::format("{}: not asked: {}", name, routes[sink].why));
  }
  if (lines.empty()) lines.emplace_back("nobody: there are no sinks");
  return lines;
}

std::vector<std::string> explain(config::settings const& what, std::vector<selector> const& asked,
                                 std::function<model::event(selector)> const& imagine) {
  auto const facts = facts_of(what.watch);
  notify::rules const rules(what.rules, what.sinks.size(), facts);
  std::vector<std::string> all;
  for (selector const s : asked) {
    bool const one_of_many = asked.size() > 1;
    if (one_of_many) all.push_back(fmt::format("{}:", to_string(s)));
    for (auto& line : lines_for(what, rules, imagine(s))) all.push_back((one_of_many ? "  " : "") + std::move(line));
  }
  return all;
}

std::vector<selector> every_selector() {
  std::vector<selector> all;
  for (auto const word : model::selector_words()) {
    if (auto const s = *model::selector_named(word); s != selector::all) all.push_back(s);
  }
  return all;
}

}  // namespace

std::vector<std::string> explain_job(config::settings const& what, std::size_t job, selector s) {
  auto const& options = what.watch.jobs.at(job);
  model::job const subject{options.name, what.watch.providers[options.provider].name, options.job_id.str(),
                           *options.labels};
  auto const imagine = [&](selector one) {
    model::event e = model::imagined_event(one, subject, 2, base::wall_time{});
    if (one == selector::finished) e.build->outcome.reset();
    return e;
  };
  return explain(what, s == selector::all ? every_selector() : std::vector{s}, imagine);
}

std::vector<std::string> explain_provider(config::settings const& what, std::size_t provider, selector s) {
  std::vector<selector> asked{selector::unreachable, selector::recovered};
  if (s != selector::all) std::erase_if(asked, [s](selector one) { return one != s; });
  return explain(what, asked, [&](selector one) {
    return model::imagined_event(one, what.watch.providers.at(provider).name, base::wall_time{});
  });
}

}  // namespace buildwatch::service

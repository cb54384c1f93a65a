#include "service/assembly.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "service/job_facts.hpp"

namespace buildwatch::service {
namespace {

/// The part of `before` that was made from the same options; null: there is none.
template <class Options, class Part>
std::shared_ptr<Part> unchanged(Options const& wanted, std::vector<Options> const& had,
                                std::vector<std::weak_ptr<Part>> const& made) {
  for (std::size_t i = 0; i < had.size(); ++i) {
    if (had[i] == wanted) return made[i].lock();
  }
  return nullptr;
}

/// As `type` in the configuration, in the order of sinks::sink_kind.
std::string_view type_of(sinks::sink_kind const& kind) {
  static constexpr std::array<std::string_view, 4> types{"stdout", "log", "webhook", "exec"};
  static_assert(std::variant_size_v<sinks::sink_kind> == types.size());
  return types.at(kind.index());
}

}  // namespace

base::result<assembly> assembly::make(config::settings&& what, assembly const* before, workshop const& tools) {
  assembly made;
  made.providers_ = std::move(what.providers);
  made.sink_options_ = std::move(what.sinks);
  made.http_ = std::move(what.http);
  made.by_name_ = std::move(what.by_name);
  if (auto ok = made.make_sources(before, tools); !ok) return ok.error();
  if (auto ok = made.make_sinks(before, tools); !ok) return ok.error();
  std::vector<std::string> names;
  for (auto const& s : made.sink_options_) names.push_back(s.delivery.name);
  notify::rules rules(std::move(what.rules), names.size(), facts_of(what.watch));
  made.parts_.routes = std::make_shared<routing const>(routing{std::move(rules), std::move(names)});
  made.parts_.watch = std::move(what.watch);
  return {boost::system::in_place_value, std::move(made)};
}

base::result<void> assembly::make_sources(assembly const* before, workshop const& tools) {
  for (auto const& options : providers_) {
    auto source = before ? unchanged(options, before->providers_, before->sources_) : nullptr;
    if (!source) {
      auto made = codearts::make_source(tools.sources, options);
      if (!made) return made.error();
      source = std::move(*made);
    }
    sources_.push_back(source);
    parts_.sources.push_back(std::move(source));
  }
  return {};
}

base::result<void> assembly::make_sinks(assembly const* before, workshop const& tools) {
  for (auto const& options : sink_options_) {
    auto sink = before ? unchanged(options, before->sink_options_, before->sinks_) : nullptr;
    if (!sink) {
      auto made = sinks::make_sink(tools.sinks, options);
      if (!made) return base::error{fmt::format("sink {}: {}", options.delivery.name, made.error().text)};
      sink = std::move(*made);
    }
    sinks_.push_back(sink);
    parts_.sinks.push_back({options.delivery, std::move(sink)});
  }
  return {};
}

std::vector<shown_sink> assembly::shown_sinks() const {
  std::vector<shown_sink> all;
  for (auto const& sink : sink_options_) all.push_back({sink.delivery.name, std::string(type_of(sink.kind))});
  return all;
}

std::size_t assembly::descriptors() const {
  constexpr std::size_t rest = 64;
  constexpr std::size_t of_a_program = 5;  // an exec sink's, while it runs: a pipe, its input, its pidfd
  std::size_t all = rest;
  for (auto const& provider : providers_) all += provider.connections + 1;
  for (auto const& sink : sink_options_) all += of_a_program * sink.delivery.concurrency;
  if (http_) all += http_->connections + 1;
  return all;
}

}  // namespace buildwatch::service

// What settings become: sources, sinks and routes, made beside what runs and then swapped in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/codearts/source.hpp"
#include "buildwatch/config/config.hpp"
#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "buildwatch/watch/ports.hpp"
#include "service/front.hpp"
#include "service/recorder.hpp"

namespace buildwatch::service {

/// What parts are made with; outlives them.
struct workshop {
  codearts::parts sources;
  sinks::parts sinks;
};

/// The parts of one configuration. Sources and sinks are held by those who use them; here is only remembered what they
/// were made from, so that the next configuration can go on with those that it leaves unchanged.
class assembly {
 public:
  /// What is handed over to the parts that run.
  struct parts {
    watch::options watch;
    std::vector<std::shared_ptr<watch::build_source>> sources;
    std::vector<notify::destination> sinks;
    std::shared_ptr<routing const> routes;
  };

  /// Makes what is new or changed against `before` (may be null). Fails where a certificate cannot be loaded; nothing
  /// that runs has been touched then.
  [[nodiscard]] static base::result<assembly> make(config::settings&& what, assembly const* before,
                                                   workshop const& tools);
  /// Once.
  [[nodiscard]] parts take() { return std::move(parts_); }

  [[nodiscard]] std::size_t providers() const { return providers_.size(); }
  [[nodiscard]] std::size_t sinks() const { return sink_options_.size(); }
  /// Descriptors that it may need at once.
  [[nodiscard]] std::size_t descriptors() const;
  /// Where and whether the daemon shows itself over HTTP.
  [[nodiscard]] std::optional<web::options> const& http() const { return http_; }
  [[nodiscard]] shown_settings shown() const { return {by_name_, shown_sinks()}; }

 private:
  base::result<void> make_sources(assembly const* before, workshop const& tools);
  base::result<void> make_sinks(assembly const* before, workshop const& tools);
  [[nodiscard]] std::vector<shown_sink> shown_sinks() const;

  std::vector<codearts::provider_options> providers_;
  std::vector<std::weak_ptr<watch::build_source>> sources_;
  std::vector<sinks::sink_options> sink_options_;
  std::vector<std::weak_ptr<notify::sink>> sinks_;
  std::optional<web::options> http_;
  std::vector<std::uint32_t> by_name_;
  parts parts_;
};

}  // namespace buildwatch::service

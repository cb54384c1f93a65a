// The running daemon: every part, built from settings and stopped in order.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"
#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/notify/rules.hpp"
#include "buildwatch/watch/loop.hpp"
#include "service/house.hpp"
#include "service/run_journal.hpp"

namespace buildwatch::service {

class daemon {
 public:
  /// Makes what may fail first (certificates); the error says which part.
  [[nodiscard]] static base::result<std::unique_ptr<daemon>> make(config::settings&& what, base::log& log);
  ~daemon();
  daemon(daemon const&) = delete;
  daemon& operator=(daemon const&) = delete;

  /// Runs until SIGTERM or SIGINT has been followed. False: something escaped that should not have.
  bool run();

 private:
  explicit daemon(base::log& log);
  base::result<void> make_sources(config::settings const& what);
  base::result<void> make_sinks(config::settings const& what);
  void assemble(config::settings&& what);

  void listen();
  void on_signal(int number);
  void stop();
  void drain_sinks();
  void close();
  void leave();
  void log_totals();

  // In the order of construction; torn down the other way round.
  base::log& log_;
  service::house house_;
  std::vector<std::unique_ptr<watch::build_source>> sources_;
  std::vector<std::unique_ptr<notify::sink>> sinks_;
  std::optional<notify::rules> rules_;
  std::optional<notify::dispatcher> deliveries_;
  std::optional<run_journal> journal_;
  std::optional<watch::loop> watching_;
  boost::asio::signal_set signals_;
  class grace;
  std::unique_ptr<grace> grace_;
  bool stopping_ = false;
  bool leaving_ = false;
  bool drained_ = false;
};

}  // namespace buildwatch::service

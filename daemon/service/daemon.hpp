// The running daemon: every part, built from settings, changed by a reload, and stopped in order.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>

#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/service/log.hpp"
#include "buildwatch/store/store.hpp"
#include "buildwatch/watch/loop.hpp"
#include "service/aside.hpp"
#include "service/assembly.hpp"
#include "service/front.hpp"
#include "service/house.hpp"
#include "service/recorder.hpp"
#include "service/supervisor.hpp"

namespace buildwatch::service {

/// Why there is no daemon.
struct start_failure {
  int exit_code = 1;  ///< of the process
  std::string text;
};

class daemon {
 public:
  /// Makes what may fail first (certificates, then the store). nullptr: `why` says which part.
  [[nodiscard]] static std::unique_ptr<daemon> make(config::settings&& what, reload_options again, adjustable_log& log,
                                                    start_failure& why);
  ~daemon();
  daemon(daemon const&) = delete;
  daemon& operator=(daemon const&) = delete;

  /// Runs until SIGTERM or SIGINT has been followed. False: something escaped that should not have.
  bool run();

 private:
  daemon(reload_options again, adjustable_log& log);
  /// False: `why` tells.
  bool build(config::settings&& what, start_failure& why);

  [[nodiscard]] bool open_front(start_failure& why);
  void listen();
  void on_signal(int number);
  void stop();
  void stop_showing();
  void drain_sinks();
  void close_store();
  void close();
  void leave();
  void log_totals();
  void show_status();

  // Reload (reload.cpp).
  void reload();
  void take_over(config::loaded read);
  void reload_ended(bool well, std::string const& text);
  [[nodiscard]] bool complain(config::loaded const& read);
  /// The way to show what will run, beside the one that is; nothing of it runs yet.
  struct opening {
    std::unique_ptr<front> made;         ///< null: the one that is goes on, or there will be none
    std::unique_ptr<web::server> bound;  ///< null: the one that runs goes on, or there will be none
  };
  [[nodiscard]] base::result<opening> prepare_front(std::optional<web::options> const& what);
  void go_over(opening fresh);
  [[nodiscard]] static boost::asio::awaitable<std::string> swap(daemon& all, assembly fresh, opening shown,
                                                                config::log_options log, store::store_options kept);

  // In the order of construction; torn down the other way round.
  adjustable_log& log_;
  reload_options again_;
  service::house house_;
  supervisor systemd_;
  workshop tools_;
  std::optional<assembly> made_;
  store::store_options kept_;
  std::unique_ptr<store::store> store_;
  std::optional<notify::dispatcher> deliveries_;
  std::optional<recorder> recorder_;
  std::optional<watch::loop> watching_;
  std::unique_ptr<front> front_;  // null: nobody may look
  std::vector<std::unique_ptr<front>> leaving_fronts_;
  boost::asio::signal_set signals_;
  class grace;
  std::unique_ptr<grace> grace_;
  class status_bell;
  std::unique_ptr<status_bell> status_bell_;
  std::string reload_trouble_;  // of the last reload; empty: none
  std::shared_ptr<aside> reading_;
  bool reloading_ = false;
  bool reload_again_ = false;  // SIGHUP came during a reload
  bool stopping_ = false;
  bool leaving_ = false;
  bool drained_ = false;
};

}  // namespace buildwatch::service

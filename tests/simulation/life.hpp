// One life of the daemon: its parts put together as `service` does it, from a start to a stop or a crash.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/watch/loop.hpp"
#include "service/recorder.hpp"
#include "simulation/disk.hpp"
#include "simulation/receiver.hpp"
#include "simulation/source.hpp"

namespace buildwatch::simulation {

/// What outlives each life of it.
struct outside {
  virtual_clock& clock;
  chance& luck;
  world& truth;
  oracle& knows;
  store::database& file;
  disk_weather& weather;
  std::size_t window;  ///< of each sink's queue
};

class life {
 public:
  life(outside& all, setup const& s);
  ~life();
  life(life const&) = delete;
  life& operator=(life const&) = delete;

  /// Runs handlers until there is nothing to do, or the process has died.
  void turn();
  /// Rings what is due.
  void ring();
  [[nodiscard]] std::optional<base::duration> next() const;
  /// It dies after so many handlers more.
  void crash_after(std::uint64_t handlers) { handlers_left_ = handlers; }
  [[nodiscard]] bool dead() const { return ground_.dead; }
  /// As SIGTERM does. stopped(): the process has ended by itself.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// As SIGHUP does.
  void reload(setup fresh);
  [[nodiscard]] bool reloading() const { return reloading_; }
  [[nodiscard]] setup const& now() const { return setup_; }
  [[nodiscard]] std::uint64_t polls() const { return loop_->statistics().polls; }

 private:
  class grace;
  struct made_source {
    std::string name;
    unsigned revision;
    std::weak_ptr<source> object;
  };
  struct made_receiver {
    sink_setup from;
    std::weak_ptr<receiver> object;
  };
  std::vector<std::shared_ptr<watch::build_source>> sources_for(setup const& s);
  std::vector<notify::destination> receivers_for(setup const& s);
  std::shared_ptr<service::routing const> routes_for(setup const& s) const;
  static boost::asio::awaitable<bool> swap(life& all, setup fresh);
  void close_store();
  void check_memory();

  outside& all_;
  setup setup_;
  ground ground_;
  std::vector<made_source> sources_;
  std::vector<made_receiver> receivers_;
  std::unique_ptr<grace> grace_;
  disk disk_;
  std::optional<notify::dispatcher> deliveries_;
  std::optional<service::recorder> recorder_;
  std::optional<watch::loop> loop_;
  std::uint64_t handlers_left_ = 0;
  std::uint64_t turns_ = 0;
  base::duration stop_began_{};
  bool reloading_ = false, stopping_ = false, stopped_ = false;
};

}  // namespace buildwatch::simulation

#include "service/daemon.hpp"

#include <fmt/format.h>

#include <signal.h>

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <random>
#include <vector>

#include "buildwatch/base/version.hpp"
#include "service/lag.hpp"
#include "service/process.hpp"
#include "service/status_line.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

// A stop takes 5 s at most (contract, section 1): sinks may finish in the first part, the rest is for killing what
// hangs.
constexpr base::duration sink_grace = 3500ms;
constexpr base::duration whole_stop = 4500ms;
constexpr base::duration last_words = 200ms;

// Counting looks at every job: not more often than somebody would look.
constexpr base::duration status_every = 10s;

std::function<double()> jitter() {
  return [engine = std::mt19937_64(std::random_device{}()),
          even = std::uniform_real_distribution<double>(0, 1)]() mutable { return even(engine); };
}

}  // namespace

// The last resort of a stop: whatever still hangs is left behind.
class daemon::grace final : public base::alarm {
 public:
  explicit grace(daemon& owner) : owner_(owner) {}

 private:
  void ring(base::time_point) override {
    if (!owner_.leaving_) {
      owner_.log_.write(
          {base::log_level::warn, "stop.late", "stopping took too long: leaving what still hangs behind", {}});
    }
    owner_.leave();
  }
  daemon& owner_;
};

class daemon::status_bell final : public base::alarm {
 public:
  explicit status_bell(daemon& owner) : owner_(owner) {}

 private:
  void ring(base::time_point now) override {
    owner_.show_status();
    owner_.house_.timer.alarms().set(*this, now + status_every);
  }
  daemon& owner_;
};

daemon::daemon(reload_options again, adjustable_log& log)
    : log_(log),
      again_(std::move(again)),
      systemd_(house_.clock, house_.timer.alarms()),
      tools_{{house_.net, log_}, {house_.net, log_, 1, std::string(base::version())}},
      signals_(house_.loop, SIGTERM, SIGINT, SIGHUP),
      grace_(std::make_unique<grace>(*this)),
      status_bell_(std::make_unique<status_bell>(*this)),
      reading_(std::make_shared<aside>(house_.loop.get_executor())) {}

daemon::~daemon() = default;

std::unique_ptr<daemon> daemon::make(config::settings&& what, reload_options again, adjustable_log& log,
                                     start_failure& why) {
  std::unique_ptr<daemon> made(new daemon(std::move(again), log));
  if (!made->build(std::move(what), why)) return nullptr;
  return made;
}

bool daemon::build(config::settings&& what, start_failure& why) {
  kept_ = what.store;
  auto fresh = assembly::make(std::move(what), nullptr, tools_);
  if (!fresh) {
    why = {78, fresh.error().text};
    return false;
  }
  made_ = std::move(*fresh);
  allow_descriptors(made_->descriptors());
  auto file = store::database::open(kept_);
  if (!file) {
    why = {1, file.error().text};
    return false;
  }
  watch::memory const known = (*file)->known();
  store_ = store::make_store(house_.loop.get_executor(), std::move(*file), [this] { return house_.clock.now().wall; });

  assembly::parts parts = made_->take();
  notify::dispatcher_parts delivering{
      house_.loop.get_executor(), house_.clock, house_.timer.alarms(), log_, *store_, jitter()};
  deliveries_.emplace(std::move(delivering), std::move(parts.sinks));
  recorder_.emplace(std::move(parts.routes), *store_, *deliveries_, log_);
  watch::loop_parts watching{house_.loop.get_executor(), house_.clock, house_.timer.alarms(), log_, *recorder_,
                             std::move(parts.sources)};
  watching_.emplace(std::move(watching), std::move(parts.watch), known);
  return open_front(why);
}

bool daemon::open_front(start_failure& why) {
  auto shown = prepare_front(made_->http());
  if (!shown) {
    why = {1, shown.error().text};
    return false;
  }
  go_over(std::move(*shown));
  return true;
}

base::result<daemon::opening> daemon::prepare_front(std::optional<web::options> const& what) {
  opening fresh;
  if (!what) return fresh;
  if (!front_) {
    auto made = front::make({house_, log_, *watching_, *deliveries_, *store_, *recorder_}, kept_.path);
    if (!made) return made.error();
    fresh.made = std::move(*made);
  }
  auto bound = (fresh.made ? fresh.made : front_)->bind(*what);
  if (!bound) return bound.error();
  fresh.bound = std::move(*bound);
  return fresh;
}

/// Follows made_.
void daemon::go_over(opening fresh) {
  if (fresh.made) front_ = std::move(fresh.made);
  if (!front_) return;
  if (made_->http()) {
    front_->show(made_->shown(), house_.clock.now().wall);
    front_->serve(*made_->http(), std::move(fresh.bound));
    return;
  }
  front* const old = leaving_fronts_.emplace_back(std::move(front_)).get();
  old->stop([this, old] { std::erase_if(leaving_fronts_, [old](auto const& one) { return one.get() == old; }); });
}

bool daemon::run() {
  listen();
  auto const counts = watching_->counts();
  log_.write({base::log_level::info,
              "start",
              fmt::format("buildwatchd {} watches {} jobs of {} providers, tells {} sinks", base::version(),
                          counts.jobs, made_->providers(), made_->sinks()),
              {}});
  deliveries_->start();
  watching_->start();
  // After the loop has turned: the first polls are under way.
  boost::asio::post(house_.loop, [this] {
    house_.timer.alarms().set(*status_bell_, house_.clock.now().mono + 1s);
    show_status();
    systemd_.ready();
  });
  bool sound = true;
  for (;;) {
    try {
      house_.loop.run();
      break;
    } catch (std::exception const& e) {
      // A handler let something escape: that is a bug, but no reason to stop watching.
      sound = false;
      log_.write({base::log_level::error, "internal.error", fmt::format("internal error, going on: {}", e.what()), {}});
    }
  }
  log_totals();
  // Not drained: the loop was left with work in it. Coroutines still hold what would be torn down under them.
  if (!drained_) std::_Exit(0);
  return sound;
}

void daemon::listen() {
  sigset_t const held = followed_signals();
  pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
  signals_.async_wait([this](boost::system::error_code ec, int number) {
    if (ec) return;
    on_signal(number);
    listen();
  });
}

void daemon::on_signal(int number) {
  if (number == SIGHUP) {
    if (!stopping_) reload();
    return;
  }
  if (stopping_) {
    log_.write({base::log_level::warn, "stop.now", "a second signal: leaving at once what still hangs", {}});
    leave();
    return;
  }
  log_.write({base::log_level::info, "stop", fmt::format("{}: stopping", number == SIGINT ? "SIGINT" : "SIGTERM"), {}});
  stop();
}

// Named steps: no new polls, then the sinks drain, then the store closes, then the loop runs out of work.
void daemon::stop() {
  stopping_ = true;
  systemd_.stopping();
  systemd_.status("stopping");
  reading_->close();
  house_.timer.alarms().set(*grace_, house_.clock.now().mono + whole_stop);
  watching_->stop([this] { drain_sinks(); });
}

/// To the end it can be seen what still waits.
void daemon::stop_showing() {
  if (!front_) return close_store();
  front_->stop([this] { close_store(); });
}

void daemon::drain_sinks() {
  deliveries_->stop(house_.clock.now().mono + sink_grace, [this] { stop_showing(); });
}

void daemon::close_store() {
  store_->close([this] { close(); });
}

void daemon::close() {
  drained_ = true;
  house_.timer.alarms().clear(*status_bell_);
  signals_.cancel();
  house_.timer.alarms().clear(*grace_);
  house_.close();
}

/// In order no longer: what is cut short and what is unsent is logged, programs that still run are killed, and what
/// still hangs after that stays behind.
void daemon::leave() {
  if (std::exchange(leaving_, true)) return house_.loop.stop();
  house_.timer.alarms().set(*grace_, house_.clock.now().mono + last_words);
  deliveries_->give_up();
}

void daemon::show_status() {
  if (stopping_) return;
  std::vector<notify::queue_counts> sinks;
  for (std::size_t i = 0; i < made_->sinks(); ++i) {
    sinks.push_back(deliveries_->counts(static_cast<notify::sink_index>(i)));
  }
  systemd_.status(status_line(watching_->counts(), sinks, reload_trouble_));
}

void daemon::log_totals() {
  auto const& totals = watching_->statistics();
  log_.write({base::log_level::info,
              "watch.totals",
              fmt::format("polled {} times, {} failed; schedule lag p50 {:.1f} ms, p99 {:.1f} ms", totals.polls,
                          totals.failed_polls, lag_percentile(totals, 0.50), lag_percentile(totals, 0.99)),
              {}});
}

int run(config::settings what, reload_options again, adjustable_log& log) {
  start_failure why;
  auto const made = daemon::make(std::move(what), std::move(again), log, why);
  if (!made) {
    log.write({base::log_level::error, "start.failed", why.text, {}});
    return why.exit_code;
  }
  return made->run() ? 0 : 1;
}

}  // namespace buildwatch::service

#include "service/daemon.hpp"

#include <fmt/format.h>

#include <signal.h>

#include <cstdlib>
#include <random>

#include "buildwatch/base/version.hpp"
#include "buildwatch/codearts/source.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "service/lag.hpp"
#include "service/process.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

// A stop takes 5 s at most (contract, section 1): sinks may finish in the first part, the rest is for killing what
// hangs.
constexpr base::duration sink_grace = 3500ms;
constexpr base::duration whole_stop = 4500ms;
constexpr base::duration last_words = 200ms;

std::function<double()> jitter() {
  return [engine = std::mt19937_64(std::random_device{}()),
          even = std::uniform_real_distribution<double>(0, 1)]() mutable { return even(engine); };
}

/// Connections, and what a program of an exec sink takes while it runs (a pipe, its input, its pidfd), with room for
/// the rest.
std::size_t descriptors_of(config::settings const& what) {
  constexpr std::size_t rest = 64;
  constexpr std::size_t of_a_program = 5;
  std::size_t all = rest;
  for (auto const& provider : what.providers) all += provider.connections + 1;
  for (auto const& sink : what.sinks) all += of_a_program * sink.delivery.concurrency;
  return all;
}

std::vector<notify::job_facts> facts_of(config::settings const& what) {
  std::vector<notify::job_facts> facts;
  facts.reserve(what.watch.jobs.size());
  for (auto const& job : what.watch.jobs) {
    facts.push_back({job.name, what.watch.providers[job.provider].name, *job.labels});
  }
  return facts;
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

daemon::daemon(base::log& log)
    : log_(log), signals_(house_.loop, SIGTERM, SIGINT, SIGHUP), grace_(std::make_unique<grace>(*this)) {}

daemon::~daemon() = default;

base::result<std::unique_ptr<daemon>> daemon::make(config::settings&& what, base::log& log) {
  std::unique_ptr<daemon> made(new daemon(log));
  if (auto ok = made->make_sources(what); !ok) return ok.error();
  if (auto ok = made->make_sinks(what); !ok) return ok.error();
  made->assemble(std::move(what));
  return made;
}

base::result<void> daemon::make_sources(config::settings const& what) {
  codearts::parts const shared{house_.net, log_};
  for (auto const& provider : what.providers) {
    auto source = codearts::make_source(shared, provider);
    if (!source) return source.error();
    sources_.push_back(std::move(*source));
  }
  return {};
}

base::result<void> daemon::make_sinks(config::settings const& what) {
  sinks::parts const shared{house_.net, log_, 1, std::string(base::version())};
  for (auto const& options : what.sinks) {
    auto sink = sinks::make_sink(shared, options);
    if (!sink) return base::error{fmt::format("sink {}: {}", options.delivery.name, sink.error().text)};
    sinks_.push_back(std::move(*sink));
  }
  return {};
}

void daemon::assemble(config::settings&& what) {
  rules_.emplace(std::move(what.rules), what.sinks.size(), facts_of(what));
  std::vector<notify::destination> destinations;
  for (std::size_t i = 0; i < sinks_.size(); ++i) destinations.push_back({what.sinks[i].delivery, sinks_[i].get()});
  notify::dispatcher_parts delivering{house_.loop.get_executor(), house_.clock, house_.timer.alarms(), log_, jitter()};
  deliveries_.emplace(std::move(delivering), std::move(destinations));
  journal_.emplace(*rules_, *deliveries_, log_);
  watch::loop_parts watching{house_.loop.get_executor(), house_.clock, house_.timer.alarms(), log_, *journal_, {}};
  for (auto const& source : sources_) watching.sources.push_back(source.get());
  watching_.emplace(std::move(watching), std::move(what.watch));
}

bool daemon::run() {
  listen();
  auto const counts = watching_->counts();
  log_.write({base::log_level::info,
              "start",
              fmt::format("buildwatchd {} watches {} jobs of {} providers, tells {} sinks", base::version(),
                          counts.jobs, sources_.size(), sinks_.size()),
              {}});
  watching_->start();
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
    log_.write({base::log_level::warn,
                "reload.unsupported",
                "SIGHUP: reload is not supported yet; the running configuration stays, restart to read the file again",
                {}});
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

// Named steps: no new polls, then the sinks drain, then the loop runs out of work.
void daemon::stop() {
  stopping_ = true;
  house_.timer.alarms().set(*grace_, house_.clock.now().mono + whole_stop);
  watching_->stop([this] { drain_sinks(); });
}

void daemon::drain_sinks() {
  deliveries_->stop(house_.clock.now().mono + sink_grace, [this] { close(); });
}

void daemon::close() {
  drained_ = true;
  for (auto const& sink : sinks_) sink->stop();
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

void daemon::log_totals() {
  auto const& totals = watching_->statistics();
  log_.write({base::log_level::info,
              "watch.totals",
              fmt::format("polled {} times, {} failed; schedule lag p50 {:.1f} ms, p99 {:.1f} ms", totals.polls,
                          totals.failed_polls, lag_percentile(totals, 0.50), lag_percentile(totals, 0.99)),
              {}});
}

int run(config::settings what, base::log& log) {
  allow_descriptors(descriptors_of(what));
  auto made = daemon::make(std::move(what), log);
  if (!made) {
    log.write({base::log_level::error, "start.failed", made.error().text, {}});
    return 78;
  }
  return (*made)->run() ? 0 : 1;
}

}  // namespace buildwatch::service

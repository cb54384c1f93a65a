// From transition to receipt: transitions go through the daemon's recorder, store and delivery loop to a sink that
// takes each at once. What is measured is the store: how fast transitions become durable, and deliveries recorded.
//   bench_outbox FILE COUNT
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/store/store.hpp"
#include "measurement.hpp"
#include "service/house.hpp"
#include "service/recorder.hpp"

namespace {

using namespace buildwatch;

// So many transitions may wait to be stored at once: as where a daemon with a thousand jobs comes back after an outage.
constexpr unsigned at_once = 64;

class stderr_log final : public base::log {
 public:
  [[nodiscard]] bool wants(base::log_level level) const override { return level >= base::log_level::warn; }
  void write(base::log_event const& e) override { std::fprintf(stderr, "%s\n", e.text.c_str()); }
};

class taker final : public notify::sink {
 public:
  boost::asio::awaitable<notify::attempt> deliver(notify::delivery const&) override {
    notify::attempt taken;
    taken.verdict = notify::verdict::delivered;
    taken.answer = "204";
    ++count;
    co_return taken;
  }
  void stop() override {}
  std::uint64_t count = 0;
};

watch::transition transition(unsigned number, base::wall_time now) {
  watch::transition t;
  model::event& e = t.event;
  e.type = model::event_type::build_finished;
  e.timestamp = now;
  e.provider = "huawei";
  std::string const digits = std::to_string(number);
  std::string const job_id = std::string(32 - digits.size(), '0') + digits;
  e.job = model::job{"job-" + digits, e.provider, job_id, {{"team", "firmware"}}};
  e.id = model::event_id(e.provider, job_id, 1, e.type);
  e.build.emplace();
  e.build->number = 1;
  e.build->outcome = model::outcome::failure;
  e.build->result = "FAILURE";
  e.build->region = "cn-north-4";
  e.build->first_seen_finished = now;
  watch::job_memory& known = t.job.emplace();
  known.provider = e.provider;
  known.job_id = job_id;
  known.build = 1;
  known.name = e.job->name;
  known.done = true;
  known.proven = true;
  return t;
}

struct bench_run {
  service::house house;
  stderr_log log;
  std::unique_ptr<store::store> kept;
  std::shared_ptr<taker> to = std::make_shared<taker>();
  std::optional<notify::dispatcher> deliveries;
  std::optional<service::recorder> recorder;
  bench::stopwatch since;
  double stored_after = 0, delivered_after = 0;
  unsigned count = 0, next = 0, open = 0;

  static boost::asio::awaitable<void> keep_storing(bench_run& all) {
    while (all.next < all.count) {
      std::vector<watch::transition> one;
      one.push_back(transition(all.next++, all.house.clock.now().wall));
      auto const result = co_await all.recorder->commit(std::move(one));
      if (!result) {
        std::fprintf(stderr, "bench: %s\n", result.error().text.c_str());
        std::exit(1);
      }
    }
  }

  void begin() {
    since.begin();
    for (unsigned i = 0; i < at_once; ++i) {
      ++open;
      boost::asio::co_spawn(house.loop, keep_storing(*this), [this](std::exception_ptr const& failure) {
        if (failure) std::exit(1);
        if (--open == 0) all_stored();
      });
    }
  }

  // What is ready is sent and recorded within the grace.
  void all_stored() {
    stored_after = since.seconds();
    deliveries->stop(house.clock.now().mono + std::chrono::minutes(10), [this] {
      delivered_after = since.seconds();
      kept->close([this] { house.close(); });
    });
  }
};

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  bench_run run;
  run.count = static_cast<unsigned>(std::strtoul(words[2], nullptr, 10));
  store::store_options options;
  options.path = words[1];
  auto file = store::database::open(options);
  if (!file) {
    std::fprintf(stderr, "bench: %s\n", file.error().text.c_str());
    return 1;
  }
  run.kept =
      store::make_store(run.house.loop.get_executor(), std::move(*file), [&run] { return run.house.clock.now().wall; });
  notify::dispatcher_parts parts{
      run.house.loop.get_executor(), run.house.clock, run.house.timer.alarms(), run.log, *run.kept, [] { return 0.5; }};
  notify::destination to;
  to.how.name = "taker";
  to.sink = run.to;
  // All of it fits into memory: how pages are read is the load test's matter.
  parts.window = 2 * static_cast<std::size_t>(run.count);
  run.deliveries.emplace(std::move(parts), std::vector<notify::destination>{to});
  notify::rules everything(std::nullopt, 1, {});
  auto routes = std::make_shared<service::routing const>(service::routing{std::move(everything), {"taker"}});
  run.recorder.emplace(std::move(routes), *run.kept, *run.deliveries, run.log);
  run.deliveries->start();
  run.begin();
  run.house.loop.run();
  auto const commits = run.kept->counted().commits;
  std::printf(
      "{\"transitions\": %u, \"deliveries\": %llu, \"commits\": %llu, \"stored_seconds\": %.6f, \"seconds\": %.6f, "
      "\"cpu_seconds\": %.6f}\n",
      run.count, static_cast<unsigned long long>(run.to->count), static_cast<unsigned long long>(commits),
      run.stored_after, run.delivered_after, run.since.cpu_seconds());
  return run.to->count == run.count ? 0 : 1;
}

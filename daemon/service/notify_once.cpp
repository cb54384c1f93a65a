// `notify SINK`: one test event through one sink.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <csignal>

#include "buildwatch/base/print.hpp"
#include "buildwatch/base/version.hpp"
#include "buildwatch/model/imagined.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "service/task.hpp"

namespace buildwatch::service {
namespace {

model::job test_job(config::settings const& what) {
  if (what.watch.jobs.empty()) return {"test-job", "test-provider", std::string(32, '0'), {}};
  auto const& job = what.watch.jobs.front();
  return {job.name, what.watch.providers[job.provider].name, job.job_id.str(), *job.labels};
}

model::event test_event(config::settings const& what, model::selector s, base::wall_time now) {
  boost::uuids::uuid const id = boost::uuids::random_generator()();
  std::uint32_t const build = what.watch.jobs.empty() ? 2 : std::max(what.watch.jobs.front().build, 2U);
  model::event e = model::imagined_event(s, test_job(what), build, now);
  e.id = fmt::format("evt_test_{:02x}", fmt::join(id.begin(), id.end(), ""));
  e.test = true;
  e.reason = "test event";
  return e;
}

boost::asio::awaitable<void> deliver(notify::sink& sink, model::event const& e, base::clock const& clock,
                                     notify::attempt& result, boost::asio::signal_set& signals) {
  notify::delivery const what{e.id, e, clock.now()};
  result = co_await sink.deliver(what);
  sink.stop();
  signals.cancel();
}

}  // namespace

bool notify_once(config::settings const& what, std::size_t sink, model::selector selector, base::log& log) {
  service::house house;
  sinks::parts const shared{house.net, log, 1, std::string(base::version())};
  auto const& options = what.sinks.at(sink);
  auto made = sinks::make_sink(shared, options);
  if (!made) {
    base::print_line(stdout, fmt::format("{}: FAILED: {}", options.delivery.name, made.error().text));
    return false;
  }
  auto const e = test_event(what, selector, house.clock.now().wall);
  notify::attempt result;
  // A program of an exec sink is in a group of its own, which Ctrl-C does not reach.
  boost::asio::signal_set signals(house.loop, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code ended, int) {
    if (!ended) (*made)->stop();
  });
  run_to_end(house, deliver(**made, e, house.clock, result, signals));
  bool const delivered = result.verdict == notify::verdict::delivered;
  base::print_line(stdout,
                   fmt::format("{}: {}: {}", options.delivery.name, delivered ? "delivered" : "FAILED", result.answer));
  return delivered;
}

}  // namespace buildwatch::service

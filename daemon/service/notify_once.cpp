// `notify SINK`: one test event through one sink.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <csignal>

#include "buildwatch/base/print.hpp"
#include "buildwatch/base/version.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "service/task.hpp"

namespace buildwatch::service {
namespace {

using model::event_type;
using model::selector;

model::job test_job(config::settings const& what) {
  if (what.watch.jobs.empty()) return {"test-job", "test-provider", std::string(32, '0'), {}};
  auto const& job = what.watch.jobs.front();
  return {job.name, what.watch.providers[job.provider].name, job.job_id, *job.labels};
}

event_type type_for(selector s) {
  switch (s) {
    case selector::started: return event_type::build_started;
    case selector::overdue: return event_type::build_overdue;
    case selector::unreachable: return event_type::job_unreachable;
    case selector::recovered: return event_type::job_recovered;
    default: return event_type::build_finished;
  }
}

model::outcome outcome_for(selector s) {
  switch (s) {
    case selector::success:
    case selector::fixed:
    case selector::still_passing: return model::outcome::success;
    case selector::unstable: return model::outcome::unstable;
    case selector::aborted: return model::outcome::aborted;
    case selector::unknown: return model::outcome::unknown;
    default: return model::outcome::failure;
  }
}

void add_change(selector s, model::event& e) {
  using model::change;
  switch (s) {
    case selector::broken: e.change = change::broken; break;
    case selector::fixed: e.change = change::fixed; break;
    case selector::still_failing: e.change = change::still_failing; break;
    case selector::still_passing: e.change = change::still_passing; break;
    default: return;
  }
  bool const was_passing = e.change == change::broken || e.change == change::still_passing;
  e.previous =
      model::previous_build{e.build->number - 1, was_passing ? model::outcome::success : model::outcome::failure};
}

void add_build(selector s, config::settings const& what, base::wall_time now, model::event& e) {
  model::build b;
  b.number = what.watch.jobs.empty() ? 2 : std::max(what.watch.jobs.front().build, 2U);
  b.building = e.type != event_type::build_finished;
  if (!b.building) {
    b.outcome = outcome_for(s);
    b.result = to_string(*b.outcome);
    b.last_seen_running = now - std::chrono::seconds(15);
    b.first_seen_finished = now;
    b.finished_at = now - std::chrono::milliseconds(7500);
  }
  e.build = std::move(b);
}

model::event test_event(config::settings const& what, selector s, base::wall_time now) {
  boost::uuids::uuid const id = boost::uuids::random_generator()();
  model::event e;
  e.id = fmt::format("evt_test_{:02x}", fmt::join(id.begin(), id.end(), ""));
  e.type = type_for(s);
  e.timestamp = now;
  e.job = test_job(what);
  e.provider = e.job->provider;
  e.test = true;
  e.reason = "test event";
  if (e.type != event_type::job_unreachable && e.type != event_type::job_recovered) {
    add_build(s, what, now, e);
    add_change(s, e);
  }
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

// The delivery loop: takes committed events, asks the queues what to do, and does it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/notify/queue.hpp"

namespace buildwatch::notify {

/// Outlives the dispatcher: executor, clock, alarms, log, sinks.
struct dispatcher_parts {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  base::log& log;
  std::function<double()> random;  ///< see queue
};

/// One of the dispatcher's sinks.
struct destination {
  delivery_options how;
  notify::sink* sink = nullptr;
};

/// Loop thread only. One queue a sink: a slow sink delays only itself.
class dispatcher {
 public:
  dispatcher(dispatcher_parts parts, std::vector<destination> sinks);
  ~dispatcher();
  /// Queues the event for each of `sinks`.
  void send(std::shared_ptr<model::event const> event, std::span<sink_index const> sinks);
  /// Starts nothing that is not due now; what is ready and what is under way may finish until `grace_end`, then sinks
  /// are stopped; what is left is logged as unsent. `done` is called once, on the loop, never from within this call.
  /// Later calls do nothing.
  void stop(base::time_point grace_end, std::function<void()> done);
  /// Ends what stop() still waits for, or would have: sinks are stopped, what is left is logged as unsent.
  void give_up();
  [[nodiscard]] queue_counts counts(sink_index sink) const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace buildwatch::notify

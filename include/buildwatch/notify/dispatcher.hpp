// The delivery loop: takes what is owed from the outbox, asks the queues what to do, does it, and records it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/notify/queue.hpp"

namespace buildwatch::notify {

/// Outlives the dispatcher: executor, clock, alarms, log, outbox.
struct dispatcher_parts {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  base::log& log;
  notify::outbox& outbox;
  std::function<double()> random;  ///< see queue
  std::size_t window = queue::default_window;
};

/// One of the dispatcher's sinks. The name in `how` is its identity.
struct destination {
  delivery_options how;
  std::shared_ptr<notify::sink> sink;
};

/// Loop thread only. One queue a sink: a slow sink delays only itself. What cannot be recorded (the disk is full) is
/// recorded later; until then nothing further is read for that sink, so that memory is bounded.
class dispatcher {
 public:
  dispatcher(dispatcher_parts parts, std::vector<destination> sinks);
  ~dispatcher();
  /// Begins with what the outbox holds from earlier runs. What it owes to sinks that are none of these is dead.
  void start();
  /// Deliveries that were just stored.
  void add(std::vector<created> made);
  /// Other sinks, from now on, by name: new ones begin empty, changed ones go on with their deliveries, those that are
  /// missing finish what is under way, and what else is owed to them is dead. All that 410 disabled are asked again. A
  /// sink object that is replaced is stopped and let go once its last try has ended.
  void reconfigure(std::vector<destination> sinks);
  /// Starts nothing that is not due now; what is ready and what is under way may finish until `grace_end`, then sinks
  /// are stopped; what is left is logged as unsent, and stays in the outbox. `done` is called once, on the loop, never
  /// from within this call, when all that became of deliveries is recorded, or cannot be. Later calls do nothing.
  void stop(base::time_point grace_end, std::function<void()> done);
  /// Ends what stop() still waits for, or would have: sinks are stopped, what is left is logged as unsent.
  void give_up();
  [[nodiscard]] queue_counts counts(sink_index sink) const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace buildwatch::notify

// The loop: drives an engine with real sources, a journal and the clock.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/watch/engine.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::watch {

/// Numbers the loop keeps, for the benchmark and later metrics.
struct loop_statistics {
  std::uint64_t polls = 0;
  std::uint64_t failed_polls = 0;
  /// Schedule lag (sent minus due): bucket i counts lags under 2^i * 100 µs; the last holds the rest.
  std::vector<std::uint64_t> lag_buckets;
};

/// Everything it needs; all outlive it. sources[i] answers for options::providers[i].
struct loop_parts {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  base::log& log;
  watch::journal& journal;
  std::vector<build_source*> sources;
};

/// Loop thread only.
class loop {
 public:
  loop(loop_parts parts, options what);
  ~loop();
  void start();
  /// No new polls; sources are told to stop; what is being committed is finished. `done` is called once, on the loop.
  void stop(std::function<void()> done);
  [[nodiscard]] engine_counts counts() const;
  [[nodiscard]] loop_statistics const& statistics() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace buildwatch::watch

// The loop: drives an engine with real sources, a journal and the clock.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/watch/engine.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::watch {

/// Durations, counted: bucket i counts those under bucket_end(i) that no lower one counts; the last holds the rest.
struct duration_counts {
  std::vector<std::uint64_t> buckets;
  base::duration sum{};  ///< of all of them; those below zero count as zero
  void add(base::duration d);
};

/// End of a bucket: 100 µs, then a quarter of a doubling more each (119 µs, 141 µs, …). 80 buckets reach 87 s.
[[nodiscard]] base::duration bucket_end(std::size_t bucket);

/// Numbers the loop keeps.
struct loop_statistics {
  std::uint64_t polls = 0;
  std::uint64_t failed_polls = 0;
  duration_counts lag;   ///< schedule lag: sent minus due
  duration_counts took;  ///< from a request's sending to its answer, or failure
};

/// Everything it needs; all outlive it. sources[i] answers for options::providers[i]; it is stopped and let go when it
/// is replaced and its last question has ended.
struct loop_parts {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  base::log& log;
  watch::journal& journal;
  std::vector<std::shared_ptr<build_source>> sources;
};

/// Loop thread only. A provider has up to `connections` workers, made when first needed: coroutines that take questions
/// from a short queue and keep the memory of their answers. Transitions that are found while the journal is busy are
/// stored together next.
class loop {
 public:
  loop(loop_parts parts, options what, memory const& known);
  /// Before stop() has called `done` it abandons what is under way, without waiting: for the end of a test or of the
  /// process. The journal and the sources must not resume anything of it afterwards.
  ~loop();
  loop(loop const&) = delete;
  loop& operator=(loop const&) = delete;
  void start();
  /// Goes over to other settings (see engine::reconfigure). A provider whose source is the same object keeps its
  /// connections; questions that a replaced source was asked are still answered by it. Before that, await
  /// remember_now().
  void reconfigure(options what, memory const& known, std::vector<std::shared_ptr<build_source>> sources);
  /// Has the journal store what is known by now; else that happens once a minute, and at a stop.
  boost::asio::awaitable<void> remember_now();
  /// No new polls; sources are told to stop; what has been found is committed. `done` is called once, on the loop,
  /// never from here.
  void stop(std::function<void()> done);
  /// How things stand now. Indexes are those of the options in force.
  [[nodiscard]] job_standing standing_of(job_index job) const;
  [[nodiscard]] provider_standing standing_of_provider(provider_index which) const;
  [[nodiscard]] options const& settings() const;
  [[nodiscard]] engine_counts counts() const;
  void count(job_index first, std::size_t most, engine_counts& into) const;
  [[nodiscard]] loop_statistics const& statistics() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace buildwatch::watch

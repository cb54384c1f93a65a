// What /metrics tells, as plain values: a snapshot that somebody fills and this room writes down.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::web {

/// A Prometheus histogram. `bounds` are upper ends, in seconds, rising; `counts` has one entry more (beyond the last
/// bound), each counting only what no lower one counts.
struct histogram {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  double sum = 0;  ///< seconds
};

/// Jobs by state, each in one.
struct job_counts {
  std::uint64_t pending = 0, idle = 0, queued = 0, running = 0, done = 0, not_found = 0, unreachable = 0;
};

struct provider_metrics {
  std::string name;
  bool up = false;  ///< its last poll was answered well
  std::uint64_t polls_answered = 0;
  std::uint64_t polls_failed = 0;
};

struct job_metrics {
  std::string name;
  bool running = false;
  std::optional<base::wall_time> last_success_poll;  ///< nullopt: none yet, or it is asked no more
  /// Builds that ended since the daemon began, by model::outcome.
  std::array<std::uint64_t, 5> finished{};
};

struct sink_metrics {
  std::string name;
  std::uint64_t delivered = 0;           ///< since the daemon began
  std::uint64_t failed = 0;              ///< tries
  std::uint64_t died = 0;                ///< deliveries given up
  std::optional<std::uint64_t> pending;  ///< in the outbox now; nullopt: the store does not say
  std::optional<std::uint64_t> dead;     ///< the same
};

/// Of this process, as the Prometheus clients name them.
struct process_metrics {
  double cpu_seconds = 0;  ///< user and system
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t max_virtual_bytes = 0;  ///< the highest number: as much as there is
  std::uint64_t resident_bytes = 0;
  double start_time = 0;  ///< seconds since the epoch
  std::uint64_t threads = 0;
};

struct metric_values {
  std::string version;
  job_counts jobs;
  std::vector<provider_metrics> providers;
  std::vector<job_metrics> each_job;  ///< in order of name; at most as many as were asked for
  std::vector<sink_metrics> sinks;
  histogram poll_duration;
  histogram schedule_lag;
  bool reload_successful = true;  ///< the last one; true before the first
  std::optional<base::wall_time> last_good_reload;
  process_metrics process;
};

/// What the server itself has counted.
struct server_metrics {
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t turned_away = 0;  ///< no place was free and no idle one could be closed
  std::uint64_t evicted = 0;      ///< idle ones, closed as others wanted their place
  std::uint64_t timed_out = 0;    ///< slow to ask, or slow to read
  std::uint64_t streams = 0;      ///< event streams open now
  /// Answers by class of status: 1xx to 5xx.
  std::array<std::uint64_t, 5> answers{};
};

}  // namespace buildwatch::web

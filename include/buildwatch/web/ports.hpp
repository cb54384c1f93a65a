// What the HTTP server reads: snapshots of what runs, and records from the store. Nothing here changes anything.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/web/metrics.hpp"

namespace buildwatch::web {

enum class job_state : std::uint8_t {
  pending,      ///< not answered well yet, in this run
  idle,         ///< its newest build has finished, or there is none
  queued,       ///< its build has been announced and does not run yet
  running,      ///< or settling
  done,         ///< the one build that was wanted has finished
  not_found,    ///< the provider does not know it
  unreachable,  ///< it, or its provider as a whole, and that has been told
};
/// "pending", …
[[nodiscard]] std::string_view to_string(job_state s);

/// All that is known of a job at one moment.
struct job_view {
  model::job job;
  job_state state = job_state::pending;
  std::optional<model::build> build;     ///< the newest
  std::optional<model::build> finished;  ///< the newest that has finished: what feeds and badges show meanwhile
  std::vector<model::build> running;     ///< all that run as far as is known, the highest number first
  /// 0 to 1, of the first of `running`; nullopt: the state is not running, or too few past builds.
  std::optional<double> progress;
  std::optional<base::wall_time> eta;
  std::optional<std::pair<base::wall_time, base::wall_time>> eta_between;  ///< 80 %
  std::optional<base::wall_time> last_poll_at;
  std::optional<base::wall_time> next_poll_at;  ///< in the past: it waits, or is under way; nullopt: there will be none
  std::optional<std::string> last_error;        ///< for people, no secret; nullopt: all is well
};

/// Port: the jobs that are watched. Loop thread only, and quick: a page of a few dozen costs well under a millisecond.
class jobs {
 public:
  virtual ~jobs() = default;
  /// Appends at most `most` jobs whose names come after `after` (empty: from the start), in byte order of names.
  virtual void read(std::string_view after, std::size_t most, std::vector<job_view>& into) const = 0;
  [[nodiscard]] virtual std::optional<job_view> named(std::string_view name) const = 0;
};

/// A page of events, and how far the store reaches; both as they were at one moment.
struct event_page {
  std::vector<model::event> events;  ///< in order of sequence
  std::uint64_t oldest = 1;          ///< sequence of the oldest that is kept; none is: `newest` + 1
  std::uint64_t newest = 0;          ///< of the newest that has ever been committed; 0: none has
};

/// Port: what the store has. Waits for the disk. Errors (for people, no secret) are the store's. Loop thread only.
class records {
 public:
  virtual ~records() = default;
  /// Builds of a job that have finished, the highest number first.
  virtual boost::asio::awaitable<base::result<std::vector<model::build>>> builds(std::string provider,
                                                                                 std::string job_id,
                                                                                 std::size_t limit) = 0;
  /// Events after a sequence, at most `limit`; with 0 only the bounds are asked for.
  virtual boost::asio::awaitable<base::result<event_page>> events(std::uint64_t after, std::size_t limit) = 0;
};

struct sink_view {
  std::string name;
  std::string type;  ///< "webhook", …
  std::uint64_t pending = 0, delivered = 0, dead = 0;
  std::optional<base::wall_time> paused_until;
  std::optional<std::string> last_error;  ///< no secret
};

/// Why something is not as it should be; empty: it is. Texts for people, no secret.
struct health {
  std::vector<std::string> unhealthy;  ///< the store cannot commit, …
  std::vector<std::string> unready;    ///< "provider huawei has not answered yet"; only what is not in `unhealthy`
};

/// Port: how the daemon does. Loop thread only. Sinks and metrics wait for the store, which counts what its outbox
/// holds; errors (for people, no secret) are the store's.
class condition {
 public:
  virtual ~condition() = default;
  virtual boost::asio::awaitable<base::result<std::vector<sink_view>>> sinks() = 0;
  /// Series of single jobs for the first `most_jobs` by name only. Told without the outbox where the store fails: a
  /// daemon in trouble is what metrics are for.
  virtual boost::asio::awaitable<metric_values> metrics(std::size_t most_jobs) = 0;
  virtual boost::asio::awaitable<web::health> health() = 0;
};

}  // namespace buildwatch::web

// The queue of one sink: which delivery is tried when. Pure: (input, now) -> what to start, what died.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/notify/options.hpp"
#include "buildwatch/notify/ports.hpp"

namespace buildwatch::notify {

using delivery_number = std::uint64_t;

/// A try to start now.
struct start {
  delivery_number number = 0;
  std::string webhook_id;
  std::shared_ptr<model::event const> event;
};

struct queue_commands {
  std::vector<start> starts;
  std::vector<base::log_event> logs;
};

struct queue_counts {
  std::uint64_t pending = 0, in_flight = 0, delivered = 0, dead = 0;
  bool paused = false;
  bool disabled = false;  ///< by 410
  std::string last_error;
};

/// Retries, jitter, order, concurrency, the pause of a sink as a whole and its release, 410: contract section 4. At most
/// 100,000 deliveries wait; at the bound the oldest that is not in flight is dead, logged and counted. Loop thread only.
class queue {
 public:
  /// `random` returns values evenly in [0, 1): the jitter; handed in so that tests are repeatable.
  queue(delivery_options how, std::function<double()> random);
  ~queue();
  queue(queue&&) noexcept;

  void add(std::shared_ptr<model::event const> event, base::time_point now, queue_commands& out);
  void finished(delivery_number number, attempt const& result, base::time_point now, queue_commands& out);
  void tick(base::time_point now, queue_commands& out);
  /// No further starts. Logs each event that is still owed as unsent (bounded: 20 lines, then how many more).
  void stop(queue_commands& out);

  [[nodiscard]] std::optional<base::time_point> next_due() const;
  [[nodiscard]] queue_counts counts() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The wait before try `tries_made + 1`, with jitter of ±20 % from `random01`; nullopt: the schedule is used up. `retry_after`
/// (clamped to 24 h) counts when longer. Pure.
[[nodiscard]] std::optional<base::duration> wait_before_next(retry_schedule const& schedule, std::size_t tries_made,
                                                             std::optional<base::duration> retry_after, double random01);

}  // namespace buildwatch::notify

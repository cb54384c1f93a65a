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
  std::uint64_t pending = 0;  ///< waiting, not in flight
  std::uint64_t in_flight = 0, delivered = 0, dead = 0;
  std::uint64_t unsent = 0;  ///< given up at a stop
  bool paused = false;
  bool disabled = false;  ///< by 410
  std::string last_error;
};

/// The most deliveries that a queue holds; at the bound the oldest that is not in flight is dead, logged and counted.
inline constexpr std::size_t queue_bound = 100'000;

/// Retries, jitter, order, concurrency, the pause of a sink as a whole and its release, 410: contract section 4.
///
/// Ready deliveries start oldest first; of one job (a provider's own events: of one provider) never two at once. One
/// that waits for its next try holds up no later one.
///
/// Paused, only the oldest delivery is tried, alone, on its own schedule. Any success releases what waits because of
/// the pause, oldest first. What waits behind the one that is tried dies once it is older than the schedule's sum;
/// where that passed before it was tried at all, one failed try more is its end. With an empty schedule nothing is
/// worth waiting for: no pause.
///
/// 410 is the end: what is owed and what comes later is dead at once.
///
/// Each call is O(log n) a delivery that it moves; the pause and its release visit only those. Loop thread only.
class queue {
 public:
  /// `random` returns values evenly in [0, 1): the jitter; handed in so that tests are repeatable.
  queue(delivery_options how, std::function<double()> random);
  ~queue();
  queue(queue&&) noexcept;

  void add(std::shared_ptr<model::event const> event, base::time_point now, queue_commands& out);
  void finished(delivery_number number, attempt const& result, base::time_point now, queue_commands& out);
  /// Starts what is due. Call it at next_due().
  void tick(base::time_point now, queue_commands& out);
  /// The program ends: what is ready now may still start (as slots get free), what waits for a later try is given up, a
  /// failed try is not repeated. Each event given up is logged as unsent (20 lines at most, stop() tells how many
  /// more).
  void drain(queue_commands& out);
  /// No further starts. What still waits is given up as in drain(); what is in flight is logged when it finishes
  /// undelivered.
  void stop(queue_commands& out);

  /// When tick() has something to do; nullopt: nothing before the next add() or finished().
  [[nodiscard]] std::optional<base::time_point> next_due() const;
  [[nodiscard]] queue_counts counts() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The wait before try `tries_made + 1`, with jitter of ±20 % from `random01`; nullopt: the schedule is used up.
/// `retry_after` (clamped to 24 h) counts when longer, without jitter. `tries_made` from 1. Pure.
[[nodiscard]] std::optional<base::duration> wait_before_next(retry_schedule const& schedule, std::size_t tries_made,
                                                             std::optional<base::duration> retry_after,
                                                             double random01);

}  // namespace buildwatch::notify

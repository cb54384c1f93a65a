// The queue of one sink: which delivery is tried when. Pure: (input, now) -> what to start, to store and to read.
#pragma once

#include <cstddef>
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

/// A try to start now.
struct start {
  delivery_number number = 0;
  std::string webhook_id;
  std::shared_ptr<model::event const> event;
};

/// A page to read from the outbox, once every change given out before is recorded; the answer goes to loaded().
struct page_request {
  reading order = reading::by_due;
  std::optional<place> after;  ///< nullopt: from the start
  std::size_t limit = 0;
};

struct queue_commands {
  std::vector<start> starts;
  bool released = false;              ///< the pause is over (see notify::changes); comes before `changes`
  std::vector<change> changes;        ///< to be recorded, in this order
  std::optional<sink_memory> memory;  ///< to be recorded with them
  bool bury = false;                  ///< all that waits is dead: the sink is disabled
  std::optional<page_request> read;
  std::vector<base::log_event> logs;
};

struct queue_counts {
  std::uint64_t pending = 0;  ///< waiting, in memory, not in flight
  bool more = false;          ///< further ones wait in the outbox
  std::uint64_t in_flight = 0, delivered = 0, dead = 0;
  std::uint64_t failed = 0;  ///< tries
  std::uint64_t unsent = 0;  ///< left for the next start
  bool paused = false;
  std::optional<base::time_point> paused_until;  ///< paused: the next try; nullopt: one is under way, or none waits
  bool disabled = false;                         ///< by 410
  bool failing = false;                          ///< the last try failed
  std::string last_error;                        ///< stays when tries go well again
};

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
/// The outbox holds everything that waits; in memory is a window of it: those that come first (by due time; paused, by
/// age). As it empties, the next page is asked for. What does not fit is left to the outbox.
///
/// Each call is O(log n) a delivery that it moves. Loop thread only.
class queue {
 public:
  /// So many deliveries are held in memory, and a few more while a page is under way.
  static constexpr std::size_t default_window = 1000;

  /// `random` returns values evenly in [0, 1): the jitter; handed in so that tests are repeatable. `known`: of the
  /// sink, from an earlier run. Call reload() to begin.
  queue(delivery_options how, sink_memory const& known, base::instant now, std::function<double()> random,
        std::size_t window = default_window);
  ~queue();
  queue(queue&&) noexcept;

  /// A delivery that was just stored.
  void add(owed what, base::instant now, queue_commands& out);
  void finished(delivery_number number, attempt const& result, base::instant now, queue_commands& out);
  /// A page that was asked for has been read.
  void loaded(page const& what, base::instant now, queue_commands& out);
  /// The outbox was changed by others, or is to be read for the first time: what is not in flight is forgotten and read
  /// anew.
  void reload(sink_memory const& known, base::instant now, queue_commands& out);
  /// Starts what is due. Call it at next_due().
  void tick(base::instant now, queue_commands& out);
  /// Other settings of the same sink. What a 410 disabled is asked again. `changed`: where it goes, or how; what a
  /// pause holds up is then tried at once, for the cause may be mended.
  void reconfigure(delivery_options how, bool changed, base::instant now, queue_commands& out);
  /// The program ends: what is ready and in memory may still start (as slots get free), the rest is left for the next
  /// start. Each event left is logged as unsent (20 lines at most, stop() tells how many more).
  void drain(queue_commands& out);
  /// No further starts. What is in flight is logged when it finishes undelivered.
  void stop(queue_commands& out);

  /// When tick() has something to do; nullopt: nothing before the next add(), finished() or loaded().
  [[nodiscard]] std::optional<base::time_point> next_due() const;
  [[nodiscard]] queue_counts counts() const;
  [[nodiscard]] std::vector<delivery_number> in_flight() const;
  [[nodiscard]] delivery_options const& how() const;

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

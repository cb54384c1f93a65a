// The inside of a queue: what waits, what is in flight, and how one becomes the other.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/notify/queue.hpp"
#include "notify/delivery_log.hpp"
#include "notify/lanes.hpp"

namespace buildwatch::notify {

struct queue::state {
  /// One delivery. It waits (ready, or resting until its next try is due) or is in flight.
  struct entry {
    std::shared_ptr<model::event const> event;
    notify::lane* lane = nullptr;
    base::time_point added;
    base::time_point due;       ///< of its next try, by its own schedule
    base::time_point started;   ///< of its last try
    base::duration in_tries{};  ///< the time its tries took: that is no waiting
    std::size_t tries = 0;      ///< made and failed
    bool resting = false;       ///< waits for `due`
    bool overdue = false;       ///< a pause kept it from a try that was due
    std::string answer;         ///< to its last try
  };
  using entries = std::map<delivery_number, entry>;

  state(delivery_options options, std::function<double()> jitter);

  void start_due(base::time_point now, queue_commands& out);
  void give_up_all(queue_commands& out, bool resting_only);
  void delivered(entries::node_type done, attempt const& result, base::time_point now, queue_commands& out);
  void failed(entries::node_type tried, attempt const& result, base::time_point now, queue_commands& out);
  void disable(entries::node_type tried, attempt const& result, queue_commands& out);
  void make_room(base::time_point now, queue_commands& out);
  [[nodiscard]] std::optional<base::time_point> next_due_paused() const;

  delivery_options how;
  std::function<double()> random;
  delivery_log says;
  base::duration patience{};  ///< the schedule's sum
  lanes by_job;
  entries waiting, in_flight;                                      // by number: the oldest first
  std::set<std::pair<base::time_point, delivery_number>> resting;  // those of `waiting` that wait for their next try
  std::set<delivery_number> hit_by_pause;  // those of `resting` whose own failure was the sink's
  delivery_number last_number = 0;
  delivery_number probe = 0;       // paused: the one that is tried; 0: not chosen yet
  base::time_point probe_since{};  // when it was chosen or last tried
  base::time_point quiet_until{};  // paused: what Retry-After asked of us
  base::time_point released_at{};  // end of the last pause
  bool draining = false, stopped = false;
  std::uint64_t unsent_named = 0, unsent_unnamed = 0, refused = 0, overflowed = 0;
  queue_counts counts;

 private:
  void start(delivery_number n, base::time_point now, queue_commands& out);
  void rest(entries::node_type tried, base::duration wait, bool concerns_sink, base::time_point now);
  [[nodiscard]] base::time_point expiry(entry const& e) const { return e.added + e.in_tries + patience; }
  void make_ready(delivery_number n, entry& e);
  entries::node_type take(delivery_number n);
  void kill(entries::node_type done, std::string_view why, queue_commands& out);
  void give_up(entries::node_type unsent, queue_commands& out);
  void release(base::time_point now, queue_commands& out);
  void expire(base::time_point now, queue_commands& out);
  void try_oldest(base::time_point now, queue_commands& out);
};

/// True for 1, 10, 100, …: a line for each would flood the log.
[[nodiscard]] bool worth_a_line(std::uint64_t count);

}  // namespace buildwatch::notify

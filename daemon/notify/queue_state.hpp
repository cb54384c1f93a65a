// The inside of a queue: what waits, what is in flight, and how one becomes the other. Its work is in two files:
// queue_state (tries and what comes of them), queue_window (what of the outbox is in memory).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/notify/queue.hpp"
#include "notify/delivery_log.hpp"
#include "notify/lanes.hpp"

namespace buildwatch::notify {

/// A delivery in memory. It waits (ready, or resting until its next try is due) or is in flight.
struct entry {
  std::shared_ptr<model::event const> event;
  std::string webhook_id;
  notify::lane* lane = nullptr;
  notify::place place;         ///< where it stands in the outbox
  base::wall_time added_wall;  ///< since when it is owed
  base::time_point added;
  base::time_point due;       ///< of its next try, by its own schedule
  base::time_point started;   ///< of its last try
  base::duration in_tries{};  ///< the time its tries took: that is no waiting
  std::uint32_t tries = 0;    ///< made and failed
  bool resting = false;       ///< waits for `due`
  bool overdue = false;       ///< something kept it from a try that was due
  bool hit_by_pause = false;  ///< its last failure was the sink's
  bool suspect = false;       ///< in flight while the outbox was changed by others: it may be gone from there
  std::string answer;         ///< to its last try
};

struct queue::state {
  using entries = std::map<delivery_number, entry>;

  state(delivery_options options, std::function<double()> jitter, std::size_t most);

  // queue_state.cpp
  void set_options(delivery_options options);
  void remember_sink(sink_memory const& known, base::instant now);
  [[nodiscard]] sink_memory memory_of_sink(base::instant now) const;
  void start_due(base::instant now, queue_commands& out);
  void delivered(entries::node_type done, attempt const& result, base::instant now, queue_commands& out);
  void failed(entries::node_type tried, attempt const& result, base::instant now, queue_commands& out);
  void release(std::string_view because, base::instant now, queue_commands& out);
  void disable(entries::node_type tried, attempt const& result, base::instant now, queue_commands& out);
  void leave_for_later(entry const& e, queue_commands& out);
  void leave_all_for_later(queue_commands& out, bool resting_only);
  void kill(entries::node_type done, std::string why, base::instant now, queue_commands& out);
  [[nodiscard]] std::optional<base::time_point> next_due_paused() const;

  // queue_window.cpp
  void put(owed const& what, base::instant now);
  void insert(delivery_number n, entry e, base::time_point now);
  void take_in(page const& what, base::instant now);
  void shrink();
  void forget_waiting();
  void read_anew();
  void read_on(queue_commands& out);
  [[nodiscard]] bool within(entry const& e) const;
  entries::node_type take(delivery_number n);
  void make_ready(delivery_number n, entry& e);

  delivery_options how;
  std::function<double()> random;
  delivery_log says;
  base::duration patience{};  ///< the schedule's sum
  lanes by_job;
  entries waiting, in_flight;                                      // by number: the oldest first
  std::set<std::pair<base::time_point, delivery_number>> resting;  // those of `waiting` that wait for their next try
  std::set<delivery_number> hit_by_pause;  // those of `resting` whose own failure was the sink's
  std::set<notify::place> places;          // of `waiting`, in the order of the outbox's due times

  // The window. Whatever waits in the outbox and is not in memory comes after `frontier`, in the order in which it is
  // read now: by due time, or by number during a pause.
  std::size_t window;
  bool complete = false;                  // nothing waits that is not in memory
  std::optional<notify::place> frontier;  // nullopt, and not complete: nothing was read yet
  bool reading = false;                   // a page is under way
  bool stale = false;                     // the page under way is of no use: read from the start
  std::vector<owed> arrived;              // while a page is under way: their turn is after it
  std::set<delivery_number> ended;        // while a page is under way: it may still show them

  delivery_number probe = 0;                               // paused: the one that is tried; 0: not chosen yet
  base::time_point probe_since{};                          // when it was chosen or last tried
  base::time_point quiet_until{};                          // paused: what Retry-After asked of us
  base::time_point released_at = base::time_point::min();  // end of the last pause
  bool draining = false, stopped = false;
  std::optional<base::time_point> failing_since_told;  // when the log was last told of the failure that lasts
  std::uint64_t unsent_named = 0, unsent_unnamed = 0, refused = 0;
  queue_counts counts;

 private:
  void start(delivery_number n, base::instant now, queue_commands& out);
  bool rest(entries::node_type tried, base::duration wait, base::instant now, queue_commands& out);
  [[nodiscard]] base::time_point expiry(entry const& e) const { return e.added + e.in_tries + patience; }
  void note(entry const& e, delivery_number n, notify::fate fate, std::string why, base::instant now,
            queue_commands& out) const;
  void note_error(entry& e, std::string const& answer);
  void pause(attempt const& result, base::instant now);
  void expire(base::instant now, queue_commands& out);
  void try_oldest(base::instant now, queue_commands& out);
};

/// True for 1, 10, 100, …: a line for each would flood the log.
[[nodiscard]] bool worth_a_line(std::uint64_t count);

}  // namespace buildwatch::notify

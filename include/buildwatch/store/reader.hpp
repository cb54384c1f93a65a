// Looking into a store beside a running daemon, or without one: for `history` and `outbox`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/notify/ports.hpp"

namespace buildwatch::store {

/// A build as the store keeps it.
struct kept_build {
  std::string provider;
  std::string job_id;
  std::string job;  ///< its name when last stored
  model::build build;
};

enum class standing : std::uint8_t { waiting, delivered, dead, dropped };
/// "waiting", "delivered", "dead", "dropped"
[[nodiscard]] std::string_view to_string(standing s);

/// What became of an event with one sink.
struct receipt {
  notify::delivery_number number = 0;
  std::string event_id;
  std::string webhook_id;
  std::string sink;
  std::string rule;  ///< by which rule, or "fallback of SINK"
  buildwatch::store::standing standing = standing::waiting;
  base::wall_time added{};
  base::wall_time at{};  ///< delivered, dead, dropped: when; waiting: when it is due
  std::uint32_t tries = 0;
  std::string answer;         ///< to the last try
  std::string why;            ///< dead: "after 11 tries"
  bool behind_pause = false;  ///< waiting until the sink, which pauses as a whole, works again
  std::string summary;        ///< of the event (model::summary); in events() empty: the event stands beside it
};

/// An event, and for each sink what became of it or why it was not asked.
struct kept_event {
  model::event event;
  std::vector<receipt> receipts;
  std::vector<std::pair<std::string, std::string>> not_asked;  ///< sink, reason
};

/// Reads by pages; no transaction outlives a call. Any one thread. What throws is a failure of the disk or of the file.
class reader {
 public:
  /// Never creates or changes anything. nullptr: there is no store yet.
  [[nodiscard]] static base::result<std::unique_ptr<reader>> open(std::string const& path);
  virtual ~reader() = default;

  /// A job as `history JOB` names it.
  struct job {
    std::string provider;
    std::string job_id;
  };
  /// Of one job by number, the highest first. `before`: `next` of an earlier page, 0: from the start.
  struct builds_page {
    std::vector<kept_build> rows;
    std::optional<std::uint64_t> next;
  };
  virtual builds_page builds(job const& of, std::uint64_t before, std::size_t limit) = 0;
  /// Where the builds of all jobs are, the last to end first: by when they were seen to have ended where nobody knows
  /// the end, though never after the end of the job's next one. Looks at every build: a second for a million.
  using place = std::uint64_t;
  virtual std::vector<place> places() = 0;
  /// The builds there, in that order, without those that have been let go by now.
  virtual std::vector<kept_build> builds_at(std::span<place const> where) = 0;
  /// Events in order of sequence, after `after`.
  virtual std::vector<kept_event> events(std::optional<job> const& of, std::uint64_t after, std::size_t limit) = 0;
  /// Events alone, in order of sequence after `after`, and how far the store reaches, as they were at one moment.
  struct event_page {
    std::vector<model::event> events;
    std::uint64_t oldest = 1;  ///< sequence of the oldest that is kept; none is: `newest` + 1
    std::uint64_t newest = 0;  ///< of the newest that was ever committed; 0: none was
  };
  virtual event_page log(std::uint64_t after, std::size_t limit) = 0;
  /// A job, or the one build of it that is watched.
  struct watched {
    job of;
    std::uint32_t build = 0;  ///< 0: its newest
  };
  /// The finished build with the highest number of each, or the one that is watched; in order.
  virtual std::vector<std::optional<model::build>> newest(std::vector<watched> const& of) = 0;
  /// How much waits for a sink, and how much is dead; only sinks of which there is something.
  struct tally {
    std::string sink;
    std::uint64_t waiting = 0;
    std::uint64_t dead = 0;
  };
  virtual std::vector<tally> tallies() = 0;
  /// What waits and what is dead, by number, after `after`.
  virtual std::vector<receipt> undelivered(notify::delivery_number after, std::size_t limit) = 0;
};

/// `outbox retry` and `drop`: one short IMMEDIATE transaction each; never creates or migrates.
class editor {
 public:
  /// Fails where there is no store, it cannot be written, or its schema is not this program's.
  [[nodiscard]] static base::result<std::unique_ptr<editor>> open(std::string const& path);
  virtual ~editor() = default;
  /// What an administrator names: a delivery's number, or an event's id (all of that event's).
  using name = std::string;
  struct outcome {
    std::vector<receipt> changed;
    std::vector<name> unknown;  ///< named, but there is no such undelivered or dead one
  };
  /// Waiting and dead ones are due now, with a fresh schedule; the pause of their sinks ends. Empty: all.
  virtual base::result<outcome> retry(std::vector<name> const& which, base::wall_time now) = 0;
  /// They are dropped: never sent, kept as receipts. Empty: all that wait or are dead.
  virtual base::result<outcome> drop(std::vector<name> const& which, base::wall_time now) = 0;
};

}  // namespace buildwatch::store

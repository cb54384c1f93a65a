// What the delivery loop needs from others: sinks, and an outbox that keeps what is owed to them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"

namespace buildwatch::notify {

/// What became of one try.
enum class verdict : std::uint8_t {
  delivered,
  retry,         ///< failed; try again on the schedule
  retry_paused,  ///< failed in a way that concerns the whole sink (no connection, time-out, 429, 502, 503, 504)
  gone,          ///< 410: the receiver wants nothing more
  stopped,       ///< stop() ended it: not a try
};

struct attempt {
  notify::verdict verdict = notify::verdict::retry;
  std::optional<base::duration> retry_after;  ///< what the other side asked for, unclamped
  /// What the other side answered, in a line of at most 300 bytes without control characters: "204", "503 Service
  /// Unavailable", "exit status 3", "connect to hooks.example.com:443: Connection refused". No secret.
  std::string answer;
};

/// What a sink is given to deliver. Lives until deliver() has returned.
struct delivery {
  std::string webhook_id;  ///< the event's id (with "-fb" of a fallback), the same in every try
  model::event const& event;
  base::instant now;  ///< of this try
};

/// Port: one place that is told. A sink never sleeps, loops or retries: policy is the delivery loop's. Loop thread
/// only.
class sink {
 public:
  virtual ~sink() = default;
  /// One try, within the sink's own timeout. Never throws for anything the other side does.
  virtual boost::asio::awaitable<attempt> deliver(delivery const& what) = 0;
  /// Ends tries under way with verdict::stopped, kills what they started; later ones end at once. Idempotent.
  virtual void stop() = 0;
};

/// Names a delivery in the outbox, for ever; rises.
using delivery_number = std::uint64_t;

/// A delivery that waits in the outbox.
struct owed {
  delivery_number number = 0;
  std::string webhook_id;                     ///< the event's id; of a fallback with "-fb"
  std::shared_ptr<model::event const> event;  ///< of a fallback: its reason tells who refused it, and why
  base::wall_time added{};                    ///< since when it is owed
  base::wall_time due{};                      ///< of its next try; of one never tried: `added`
  base::duration in_tries{};                  ///< the time its tries took
  std::uint32_t tries = 0;                    ///< made and failed
  bool hit_by_pause = false;                  ///< its last try failed in a way that concerns the whole sink
  std::string answer;                         ///< to its last try
};

/// Where in the outbox a page ends: the last row's place in the order it was read in.
struct place {
  base::wall_time due{};
  delivery_number number = 0;
  friend auto operator<=>(place const&, place const&) = default;
};

/// In which order the waiting deliveries of a sink are read.
enum class reading : std::uint8_t {
  by_due,     ///< earliest due first, then by number
  by_number,  ///< oldest first: while the sink pauses
};

struct page {
  std::vector<owed> rows;
  bool last = false;  ///< no rows after these
};

/// What is known of a sink as a whole, beside its deliveries.
struct sink_memory {
  bool paused = false;
  base::wall_time quiet_until{};  ///< paused: what Retry-After asked of us; in the past: nothing
  std::string last_error;
};

/// What became of a delivery that was tried, or given up.
enum class fate : std::uint8_t { delivered, retry, dead };

/// A change to one delivery. It has no effect on one that is no longer waiting (an administrator dropped it meanwhile).
struct change {
  delivery_number number = 0;
  notify::fate fate = fate::retry;
  base::wall_time at{};       ///< of this change
  std::uint32_t tries = 0;    ///< made by now
  base::duration in_tries{};  ///< the time they took
  base::wall_time due{};      ///< retry: of the next try
  bool hit_by_pause = false;  ///< retry: this try failed in a way that concerns the whole sink
  std::string answer;         ///< to the last try; dead and never tried: empty
  std::string why;            ///< dead: "after 11 tries", "as the sink is disabled"
};

/// Changes to one sink's deliveries and to the sink, in one transaction.
struct changes {
  std::string sink;
  std::vector<change> deliveries;
  std::optional<sink_memory> memory;  ///< the sink begins or ends a pause, or has another last error
  /// The pause is over: every delivery with hit_by_pause is due as of when it was added. Before `deliveries`.
  bool released = false;
  std::string fallback;  ///< sink that is owed what is dead; empty: none
};

/// A delivery that an operation of the outbox has made.
struct created {
  std::string sink;
  owed delivery;
};

/// Which deliveries fall back to another sink as they have waited for too long.
struct overdue {
  std::string sink;
  std::string fallback;
  base::wall_time added_before{};
  base::wall_time now{};
  std::string last_error;  ///< of the sink: tells why one was never tried
};

struct fallen_back {
  std::vector<created> made;  ///< a few hundred at most
  bool more = false;          ///< call again
  /// When the oldest delivery that has not fallen back was added; nullopt: there is none.
  std::optional<base::wall_time> oldest;
};

/// Deliveries that die together: the sink is disabled, or is no longer in the configuration.
struct burial {
  std::string sink;
  std::string why;     ///< "as the sink is disabled (410 Gone)", "as the sink was removed from the configuration"
  std::string answer;  ///< for those never tried; may be empty
  std::string fallback;
  base::wall_time now{};
  std::vector<delivery_number> spare;  ///< in flight: not these
};

struct buried {
  std::vector<owed> dead;  ///< a few hundred at most
  std::vector<created> made;
  bool more = false;
};

/// Port: what is owed to whom, and what became of it. Waits for the disk, never for the network. Calls take effect in
/// the order in which they were made. Errors: the disk is full, cannot be written, …; nothing was changed. Loop thread
/// only.
///
/// A fallback delivery is one of its own: webhook-id = id + "-fb", the event's reason begins with the sink that refused
/// and its answer ("sink oncall: 503 Service Unavailable"). None is made for a sink that has been owed the event
/// before.
class outbox {
 public:
  virtual ~outbox() = default;
  /// The next page of what waits for `sink`, after `after` (nullopt: from the start) in that order.
  virtual boost::asio::awaitable<base::result<page>> read(std::string sink, reading order, std::optional<place> after,
                                                          std::size_t limit) = 0;
  virtual boost::asio::awaitable<base::result<sink_memory>> memory_of(std::string sink) = 0;
  /// Tells what fell back.
  virtual boost::asio::awaitable<base::result<std::vector<created>>> record(changes what) = 0;
  virtual boost::asio::awaitable<base::result<fallen_back>> fall_back(overdue what) = 0;
  virtual boost::asio::awaitable<base::result<buried>> bury(burial what) = 0;
  /// Sinks to which something waits, whoever they are.
  virtual boost::asio::awaitable<base::result<std::vector<std::string>>> owing() = 0;
  /// Whether somebody else (`buildwatchd outbox`) has changed it since the last call.
  virtual boost::asio::awaitable<bool> changed_elsewhere() = 0;
};

}  // namespace buildwatch::notify

// What the delivery loop needs from others: sinks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

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
  std::string webhook_id;  ///< the event's id, the same in every try
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

}  // namespace buildwatch::notify

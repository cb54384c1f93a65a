// Which deliveries may start: oldest first, and of one job never two at once.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "buildwatch/notify/queue.hpp"

namespace buildwatch::notify {

/// The lane of one job. It exists as long as a delivery is on it.
struct lane {
  std::string const* key = nullptr;  ///< the map's own
  std::uint64_t deliveries = 0;      ///< on it, in whatever state
  bool busy = false;                 ///< one is in flight
  std::set<delivery_number> ready;   ///< due, waiting for the lane and a slot
};

/// All operations are O(log n).
class lanes {
 public:
  /// A delivery gets on the lane of its event.
  lane& board(model::event const& e);
  /// A delivery is done with: it is neither ready nor in flight. The lane may be gone afterwards.
  void leave(lane& l);
  void add_ready(lane& l, delivery_number n);
  void remove_ready(lane& l, delivery_number n);
  /// The lane's one place in flight.
  void set_busy(lane& l, bool busy);
  /// The oldest ready delivery whose lane is free.
  [[nodiscard]] std::optional<delivery_number> next() const;

 private:
  void show(lane const& l);
  void hide(lane const& l);

  std::unordered_map<std::string, lane> lanes_;
  std::set<delivery_number> heads_;  // the oldest ready one of each free lane
};

}  // namespace buildwatch::notify

// What the connections of one server share.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/web/server.hpp"
#include "web/desk.hpp"
#include "web/stream.hpp"

namespace buildwatch::web {

class connection;

/// What bodies that must be whole before they are sent may take together.
inline constexpr std::size_t most_gathered = std::size_t{64} * 1024 * 1024;

struct hub : std::enable_shared_from_this<hub> {
  hub(server_parts with, options rules) : parts(std::move(with)), what(std::move(rules)) {}

  server_parts parts;
  options what;
  server_metrics counted;
  web::desk desk{parts, what, counted};
  recent_events recent;
  std::vector<connection*> open;       ///< those that hold a place
  std::size_t gathered = 0;            ///< bytes of answers that wait to be sent
  std::size_t tasks = 0;               ///< coroutines under way
  std::deque<connection const*> line;  ///< those that wait to make a piece of an answer, the first one first
  bool piece_made = false;             ///< in this round of the loop
  bool stopping = false;
  std::function<void()> done;  ///< of stop()
};

}  // namespace buildwatch::web

// Running one coroutine to its end on a house's loop, for the commands that are no daemon.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "service/house.hpp"

namespace buildwatch::service {

/// Runs `task`, then closes the house and lets the loop run out of work. Rethrows what escaped the task.
inline void run_to_end(service::house& house, boost::asio::awaitable<void> task) {
  std::exception_ptr escaped;
  boost::asio::co_spawn(house.loop, std::move(task), [&](std::exception_ptr e) {
    escaped = e;
    house.close();
  });
  house.loop.run();
  if (escaped) std::rethrow_exception(escaped);
}

}  // namespace buildwatch::service

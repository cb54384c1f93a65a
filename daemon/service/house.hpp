// The ground that every command stands on: one loop, its clock and timer, the name look-ups.
#pragma once

#include <boost/asio/io_context.hpp>

#include "buildwatch/net/client.hpp"
#include "buildwatch/net/resolver.hpp"
#include "buildwatch/service/system_clock.hpp"

namespace buildwatch::service {

struct house {
  house() : timer(loop.get_executor(), clock), names(loop.get_executor(), timer.alarms(), net::system_lookup()) {}

  /// No timer rings and no name is looked up any more; what waited has ended. Then the loop can run out of work.
  void close() {
    names.close();
    timer.close();
  }

  system_clock clock;
  boost::asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};  // one thread for the network and all logic
  boot_timer timer;
  net::resolver names;
  net::context net{loop.get_executor(), clock, timer.alarms(), names};
};

}  // namespace buildwatch::service

// Turns at one descriptor: who may write a line now.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {

/// Loop thread only. First come, first served.
class console {
 public:
  /// True: it is the caller's turn, until give(). False: leave(owner) was called meanwhile.
  boost::asio::awaitable<bool> take(void const* owner, boost::asio::any_io_executor executor);
  void give();
  /// Ends what `owner` waits for.
  void leave(void const* owner);

  bool torn = false;  ///< the last line was not written whole: the next one starts on a line of its own

 private:
  struct waiter {
    void const* owner;
    boost::asio::steady_timer woken;  // never fires by itself: a condition variable
    bool granted = false;
  };
  bool taken_ = false;
  std::list<waiter*> waiting_;  // each lives in the frame of its take()
};

}  // namespace buildwatch::sinks

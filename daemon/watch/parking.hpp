// Where coroutines of the loop wait until they are woken: a condition variable for one thread, without a timer.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace buildwatch::watch {

/// Loop thread only. Waking is posted: whoever wakes runs on first.
class parking {
 public:
  /// Waits to be woken. A wait that is dropped by clear() never returns: its coroutine is destroyed.
  boost::asio::awaitable<void> wait() {
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        [this](auto handler) { parked_.push_back(std::make_unique<waiter_of<decltype(handler)>>(std::move(handler))); },
        boost::asio::use_awaitable);
  }

  /// Wakes the one that came last: its memory is the warmest. False: nobody waits.
  bool wake_one() {
    if (parked_.empty()) return false;
    std::unique_ptr<waiter> const who = std::move(parked_.back());
    parked_.pop_back();
    who->wake();
    return true;
  }

  void wake_all() {
    while (wake_one()) {
    }
  }

  /// Destroys the coroutines that wait.
  void clear() { auto const gone = std::exchange(parked_, {}); }

 private:
  struct waiter {
    virtual ~waiter() = default;
    virtual void wake() = 0;
  };

  template <class Handler>
  struct waiter_of final : waiter {
    explicit waiter_of(Handler h) : handler(std::move(h)) {}
    void wake() override { boost::asio::post(std::move(handler)); }
    Handler handler;
  };

  std::vector<std::unique_ptr<waiter>> parked_;
};

}  // namespace buildwatch::watch

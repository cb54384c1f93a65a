// What one life of the simulated process stands on: a loop turned by hand, alarms, and waits that a crash destroys.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "buildwatch/base/alarms.hpp"
#include "simulation/virtual_clock.hpp"

namespace buildwatch::simulation {

/// Coroutines that wait for a time, or to be woken. Waking is posted.
class sleepers {
 public:
  using ticket = std::uint64_t;
  static constexpr base::time_point for_ever = base::time_point::max();

  explicit sleepers(base::alarms& alarms) : alarms_(alarms) {}
  ~sleepers() { clear(); }
  sleepers(sleepers const&) = delete;
  sleepers& operator=(sleepers const&) = delete;

  [[nodiscard]] ticket take_ticket() { return ++last_; }
  boost::asio::awaitable<void> wait(ticket who, base::time_point until) {
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        [this, who, until](auto handler) {
          auto made = std::make_unique<waiter_of<decltype(handler)>>(*this, who, std::move(handler));
          if (until != for_ever) alarms_.set(*made, until);
          waiting_.emplace(who, std::move(made));
        },
        boost::asio::use_awaitable);
  }
  /// Nothing happens if it does not wait (any more).
  void wake(ticket who) {
    auto const woken = waiting_.extract(who);
    if (!woken.empty()) woken.mapped()->resume();
  }
  /// Destroys the coroutines that wait.
  void clear() { auto const gone = std::exchange(waiting_, {}); }

 private:
  struct waiter : base::alarm {
    waiter(sleepers& o, ticket w) : owner(o), who(w) {}
    virtual void resume() = 0;
    void ring(base::time_point) override { owner.wake(who); }
    sleepers& owner;
    ticket who;
  };
  template <class Handler>
  struct waiter_of final : waiter {
    waiter_of(sleepers& o, ticket w, Handler h) : waiter(o, w), handler(std::move(h)) {}
    void resume() override { boost::asio::post(std::move(handler)); }
    Handler handler;
  };

  base::alarms& alarms_;
  std::map<ticket, std::unique_ptr<waiter>> waiting_;
  ticket last_ = 0;
};

/// Torn down from the bottom up: what waits, then the loop with what is posted, then the alarms that both may hold.
struct ground {
  explicit ground(virtual_clock& c) : clock(c) {}

  /// The process is dead from here on, although this handler still runs.
  void crash() { dead = true; }

  struct no_timer final : base::waker {
    void wake_at(base::time_point) override {}
  };

  virtual_clock& clock;
  no_timer timer;
  base::alarms alarms{timer};
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  sleepers waits{alarms};
  bool dead = false;
};

}  // namespace buildwatch::simulation

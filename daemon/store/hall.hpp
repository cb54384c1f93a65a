// Coroutines of the loop that wait for what a thread does for them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace buildwatch::store {

/// Who waits for what, on the loop.
class hall {
 public:
  explicit hall(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  /// Until `what` has come back. A wait that is dropped with the hall never returns: its coroutine is destroyed.
  boost::asio::awaitable<void> wait_for(void const* what) {
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        [this, what](auto handler) {
          waiting_[what] = std::make_unique<waiter_of<decltype(handler)>>(std::move(handler));
          hold_loop();
        },
        boost::asio::use_awaitable);
  }
  void wait_for_end(std::function<void()> done) {
    done_ = std::move(done);
    hold_loop();
  }

  template <class Task>
  void came_back(std::vector<std::shared_ptr<Task>> const& tasks) {
    for (auto const& t : tasks) {
      auto const who = waiting_.extract(t.get());
      if (!who.empty()) who.mapped()->wake();
    }
    if (waiting_.empty() && !done_) work_ = {};
  }
  /// After those who wait have gone on: they were woken before, but have yet to run.
  void ended() {
    if (done_) boost::asio::post(loop_, std::exchange(done_, {}));
    work_ = {};
  }
  /// Destroys the coroutines that wait.
  void clear() {
    auto const gone = std::exchange(waiting_, {});
    done_ = {};
    work_ = {};
  }

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

  /// The loop does not run dry while the thread works.
  void hold_loop() { work_ = boost::asio::prefer(loop_, boost::asio::execution::outstanding_work.tracked); }

  boost::asio::any_io_executor loop_;
  boost::asio::any_io_executor work_;
  std::map<void const*, std::unique_ptr<waiter>> waiting_;
  std::function<void()> done_;
};

}  // namespace buildwatch::store

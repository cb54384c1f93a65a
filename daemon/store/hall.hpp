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
#include <optional>
#include <utility>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "store/desk.hpp"

namespace buildwatch::store {

/// Who waits for what, on the loop.
class hall {
 public:
  explicit hall(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  /// Lays `work` on that desk and waits for what it answers; an error: what it threw, or that this is closed.
  template <class Answer, class File>
  boost::asio::awaitable<base::result<Answer>> ask(desk_before<File>& on, bool writes,
                                                   std::function<Answer(File&)> work) {
    if (closed_) co_return base::error{"the store is closed"};
    auto const answer = std::make_shared<std::optional<Answer>>();
    auto const t = std::make_shared<task_for<File>>();
    t->writes = writes;
    t->work = [answer, work = std::move(work)](File& file) { *answer = work(file); };
    on.ask(t);
    co_await wait_for(t.get());
    if (t->failed) co_return base::error{std::move(*t->failed)};
    co_return std::move(**answer);
  }
  /// Nothing more is asked; `done` is called once the thread has ended.
  void wait_for_end(std::function<void()> done) {
    closed_ = true;
    done_ = std::move(done);
    hold_loop();
  }

  [[nodiscard]] bool closed() const { return closed_; }

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

  /// Until `what` has come back. A wait that is dropped with the hall never returns: its coroutine is destroyed.
  boost::asio::awaitable<void> wait_for(void const* what) {
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(
        [this, what](auto handler) {
          waiting_[what] = std::make_unique<waiter_of<decltype(handler)>>(std::move(handler));
          hold_loop();
        },
        boost::asio::use_awaitable);
  }
  /// The loop does not run dry while the thread works.
  void hold_loop() { work_ = boost::asio::prefer(loop_, boost::asio::execution::outstanding_work.tracked); }

  boost::asio::any_io_executor loop_;
  boost::asio::any_io_executor work_;
  std::map<void const*, std::unique_ptr<waiter>> waiting_;
  std::function<void()> done_;
  bool closed_ = false;
};

}  // namespace buildwatch::store

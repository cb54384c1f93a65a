// Where the loop and a thread of the store meet: what is asked lies here, and what has been done goes back over it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/store/database.hpp"

namespace buildwatch::store {

/// Something to do with the database, or whatever the thread has open.
template <class File>
struct task_for {
  bool writes = false;
  std::function<void(File&)> work;    ///< the thread; once more after a transaction was rolled back
  std::optional<std::string> failed;  ///< why; nullopt once done
};
using task = task_for<database>;

/// What the thread has finished in one go.
template <class File>
struct finished_with {
  std::vector<std::shared_ptr<task_for<File>>> tasks;  ///< in the order in which they were asked for
  std::uint64_t commits = 0;
  std::uint64_t writes = 0;  ///< that the commits stored
};
using finished = finished_with<database>;

template <class File>
class desk_before {
 public:
  explicit desk_before(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  // Loop thread.
  void ask(std::shared_ptr<task_for<File>> what) {
    std::lock_guard const lock(guard_);
    tasks_.push_back(std::move(what));
    asked_.notify_one();
  }
  /// Nothing more is asked: the thread finishes what lies here, and ends.
  void close() {
    std::lock_guard const lock(guard_);
    closed_ = true;
    asked_.notify_one();
  }
  /// Nobody waits any more, and the loop may be gone: as close(), and nothing goes back.
  void abandon() {
    std::lock_guard const lock(guard_);
    closed_ = true;
    loop_ = {};
    asked_.notify_one();
  }

  // The thread.
  struct turn {
    std::vector<std::shared_ptr<task_for<File>>> tasks;
    bool over = false;  ///< closed, and nothing is left
  };
  /// All that lies here; waits for something up to `patience`.
  [[nodiscard]] turn take(std::chrono::milliseconds patience) {
    std::unique_lock lock(guard_);
    asked_.wait_for(lock, patience, [&] { return closed_ || !tasks_.empty(); });
    turn t;
    t.tasks = std::exchange(tasks_, {});
    t.over = closed_ && t.tasks.empty();
    return t;
  }
  /// Calls `what` on the loop.
  void send_back(std::function<void()> what) {
    std::lock_guard const lock(guard_);
    if (loop_) boost::asio::post(loop_, std::move(what));
  }

 private:
  std::mutex guard_;  // never held while the file is worked on
  std::condition_variable asked_;
  std::vector<std::shared_ptr<task_for<File>>> tasks_;
  bool closed_ = false;
  boost::asio::any_io_executor loop_;  // empty once abandoned
};
using desk = desk_before<database>;

}  // namespace buildwatch::store

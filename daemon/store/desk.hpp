// Where the loop and the store's thread meet: what is asked lies here, and what has been done goes back over it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/store/database.hpp"

namespace buildwatch::store {

/// Something to do with the database.
struct task {
  bool writes = false;
  std::function<void(database&)> work;  ///< store's thread; once more after a transaction was rolled back
  std::optional<std::string> failed;    ///< why; nullopt once done
};

/// What the thread has finished in one go.
struct finished {
  std::vector<std::shared_ptr<task>> tasks;  ///< in the order in which they were asked for
  std::uint64_t commits = 0;
  std::uint64_t writes = 0;  ///< that the commits stored
};

class desk {
 public:
  explicit desk(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  // Loop thread.
  void ask(std::shared_ptr<task> what);
  /// Nothing more is asked: the thread finishes what lies here, and ends.
  void close();
  /// Nobody waits any more, and the loop may be gone: as close(), and nothing goes back.
  void abandon();

  // Store's thread.
  struct turn {
    std::vector<std::shared_ptr<task>> tasks;
    bool over = false;  ///< closed, and nothing is left
  };
  /// All that lies here; waits for something up to `patience`.
  [[nodiscard]] turn take(std::chrono::milliseconds patience);
  /// Calls `what` on the loop.
  void send_back(std::function<void()> what);

 private:
  std::mutex guard_;  // never held while the database works
  std::condition_variable asked_;
  std::vector<std::shared_ptr<task>> tasks_;
  bool closed_ = false;
  boost::asio::any_io_executor loop_;  // empty once abandoned
};

}  // namespace buildwatch::store

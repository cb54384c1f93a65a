// Work that may wait for a disk, on a thread of its own, beside the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <mutex>

namespace buildwatch::service {

/// Shared between the loop and a thread that nobody waits for: once closed, what comes back is dropped.
class aside {
 public:
  explicit aside(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
  /// Calls `work` on a new thread, then what it returned on the loop. Holds the loop until then, or until close().
  static void run(std::shared_ptr<aside> const& self, std::function<std::function<void()>()> work);
  /// Loop thread. Nothing comes back any more.
  void close();

 private:
  void come_back(std::function<void()> then);

  std::mutex guard_;
  boost::asio::any_io_executor loop_;  ///< empty when closed
};

}  // namespace buildwatch::service

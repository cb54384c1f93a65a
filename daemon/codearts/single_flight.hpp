// One fetch at a time, waited for by any number.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "buildwatch/net/client.hpp"
#include "codearts/credentials.hpp"

namespace buildwatch::codearts {

/// The one who runs the fetch calls begin() and finish(); others join(). Each joins with its own deadline, so a slow
/// fetch holds up nobody past it. Loop thread only; no join() may be under way at the end.
class single_flight {
 public:
  explicit single_flight(net::context const& shared) : shared_(shared) {}

  [[nodiscard]] bool running() const { return running_; }
  void begin() { running_ = true; }
  /// Hands `outcome` to all who wait.
  void finish(std::optional<trouble> const& outcome);
  /// The outcome of the fetch under way, else of the last one. nullopt: it went well.
  boost::asio::awaitable<std::optional<trouble>> join(base::time_point deadline);
  /// Ends every wait, now and later.
  void stop();

 private:
  class waiter;

  net::context const& shared_;
  bool running_ = false;
  bool stopped_ = false;
  std::optional<trouble> last_;
  std::vector<waiter*> waiters_;
};

}  // namespace buildwatch::codearts

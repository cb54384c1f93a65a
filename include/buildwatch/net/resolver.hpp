// Name look-ups on threads of their own, so that one that hangs holds up nothing: not other names, not the stop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/result.hpp"

namespace buildwatch::net {

/// Why Asio's resolver is not used: in Boost 1.81 its one thread serves all look-ups, and its destructor waits for a stuck one.
/// Here each look-up has a detached thread, one per host name in flight (callers of the same name share it), 16 at
/// most (further names wait, by their deadline). Results reach the loop through shared state that the resolver may abandon; nothing joins a thread.
class resolver {
 public:
  using addresses = std::vector<boost::asio::ip::address>;
  /// The blocking look-up, run on a thread: getaddrinfo, or a test's. Must be safe after the resolver is gone.
  using lookup = std::function<base::result<addresses>(std::string const& host)>;

  resolver(boost::asio::any_io_executor executor, base::alarms& alarms, lookup how);
  ~resolver();
  resolver(resolver const&) = delete;
  resolver& operator=(resolver const&) = delete;

  /// Addresses of `host` in the system's order (RFC 6724); an address is returned as it is, with no thread. Given up at `deadline`
  /// ("look-up of HOST timed out"). close() ends it.
  boost::asio::awaitable<base::result<addresses>> resolve(std::string host, base::time_point deadline);
  /// Ends every wait; later look-ups fail.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// getaddrinfo for both families.
[[nodiscard]] resolver::lookup system_lookup();

}  // namespace buildwatch::net

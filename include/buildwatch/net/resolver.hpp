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

/// Why Asio's resolver is not used: in Boost 1.81 its one thread serves all look-ups, and its destructor waits for a
/// stuck one. Here each look-up has a detached thread, one per host name in flight (callers of the same name share it),
/// 16 at most (further names wait, by their deadline). Results reach the loop through shared state that the resolver
/// may abandon; nothing joins a thread. Loop thread only; destroy it before the loop. A thread that outlives it touches
/// neither.
class resolver {
 public:
  using addresses = std::vector<boost::asio::ip::address>;
  /// The blocking look-up, run on a thread: getaddrinfo, or a test's. Must be safe after the resolver is gone. Its
  /// error says why in a few words ("Name or service not known"); resolve() puts "look-up of HOST: " before it.
  using lookup = std::function<base::result<addresses>(std::string const& host)>;

  resolver(boost::asio::any_io_executor executor, base::alarms& alarms, lookup how);
  ~resolver();
  resolver(resolver const&) = delete;
  resolver& operator=(resolver const&) = delete;

  /// Addresses of `host`, at least one, none twice, in the system's order (RFC 6724); an address is returned as it is,
  /// with no thread. Given up at `deadline` ("look-up of HOST timed out"). Ended by close(), and by abandon() of the
  /// same `owner`.
  boost::asio::awaitable<base::result<addresses>> resolve(std::string host, base::time_point deadline,
                                                          void const* owner = nullptr);
  /// Ends the waits that `owner` began, and no others: the thread goes on, and its result serves whoever asks next.
  void abandon(void const* owner);
  /// Ends every wait; later look-ups fail.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// getaddrinfo(3) for both families, without AI_ADDRCONFIG: that flag ignores loopback, the one interface some
/// containers have.
[[nodiscard]] resolver::lookup system_lookup();

}  // namespace buildwatch::net

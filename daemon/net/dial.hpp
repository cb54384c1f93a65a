// Opening a connection: look-up, connecting to one address after the other, proxy, TLS.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <span>
#include <string>

#include "buildwatch/net/client.hpp"
#include "buildwatch/net/resolver.hpp"
#include "net/connection.hpp"

namespace buildwatch::net {

/// Where connections of one client go; lives as long as the client.
struct route {
  url origin;
  std::optional<url> proxy;
  std::unique_ptr<tls_context> tls;      ///< empty for http
  std::string peer;                      ///< "host:port" of the origin
  std::string connect_request;           ///< what the proxy is sent
  boost::asio::ip::address favourite{};  ///< the address that answered last; tried first
};

/// What a dial needs of its client.
struct dialling {
  context const& shared;
  net::route& route;
  client_statistics& counted;
  std::span<char> scratch;
  void const* owner;  ///< for resolver::abandon
};

/// The head of a CONNECT request (RFC 9110, 9.3.6) for `origin` by way of `proxy`, with its user info as Basic
/// credentials.
[[nodiscard]] std::string connect_request(url const& origin, url const& proxy);

/// Makes `fresh` stand. All that keeps it from doing so by `deadline` is errc::no_connection, or errc::stopped.
boost::asio::awaitable<std::optional<failure>> dial(dialling& by, connection& fresh, base::time_point deadline);

/// The order to try addresses in: `favourite` first if it is among them, then the families by turns, so that where one
/// of the two leads nowhere, the other's turn comes soon (as RFC 8305, section 4). 16 at most.
[[nodiscard]] resolver::addresses trial_order(resolver::addresses found, boost::asio::ip::address const& favourite);

}  // namespace buildwatch::net

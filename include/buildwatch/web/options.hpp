// Settings of the HTTP server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/secret.hpp"

namespace buildwatch::web {

/// Where the server listens (`http.listen`).
struct listen_address {
  std::string host = "127.0.0.1";  ///< an address; IPv6 without brackets
  std::uint16_t port = 9847;       ///< 0: any that is free, for tests
  /// Only this machine can connect: 127.0.0.0/8 or ::1.
  [[nodiscard]] bool loopback() const;
  friend bool operator==(listen_address const&, listen_address const&) = default;
};

/// Reads "127.0.0.1:9847", "[::1]:9847" or "localhost:9847". The error says what is wrong, in words for a complaint.
[[nodiscard]] base::result<listen_address> read_listen_address(std::string_view text);

/// "127.0.0.1:9847", "[::1]:9847"
[[nodiscard]] std::string shown(listen_address const& at);

/// One of options::hosts, from an IPv6 address in any spelling, with or without brackets. nullopt: it is none.
[[nodiscard]] std::optional<std::string> read_ipv6_host(std::string_view text);

struct options {
  listen_address listen;
  base::secret token;  ///< empty: nobody is asked for one; config refuses that where listen is not loopback
  /// Names and addresses that a Host header may have, beside loopback names and the addresses bound; without port, any
  /// case. Addresses as Asio spells them, without brackets.
  std::vector<std::string> hosts;
  std::size_t connections = 256;  ///< open at most; see server
  std::size_t job_series = 1000;  ///< jobs that have metrics of their own, the first by name
  friend bool operator==(options const&, options const&) = default;
};

}  // namespace buildwatch::web

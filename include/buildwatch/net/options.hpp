// Settings of an HTTP client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/secret.hpp"

namespace buildwatch::net {

/// A parsed http or https address.
struct url {
  bool tls = true;
  std::string host;          ///< name or address; IPv6 without brackets
  std::uint16_t port = 443;  ///< the scheme's default when the address has none
  base::secret target;    ///< path and query, "/" when empty; may hold a secret (chat services), so it is never shown
  base::secret userinfo;  ///< "user:password", percent-decoded; empty: none

  /// "https://host:port", all of an address that may be shown. IPv6 in brackets; a default port is left out.
  [[nodiscard]] std::string shown() const;
  /// Value of the Host header: the port only where it is not the scheme's default.
  [[nodiscard]] std::string host_header() const;
  friend bool operator==(url const&, url const&) = default;
};

struct tls_options {
  std::string ca_file;    ///< PEM bundle used instead of the system's; empty: the system's
  std::string cert_file;  ///< PEM client certificate chain; empty: none
  std::string key_file;   ///< PEM key of it; set exactly when cert_file is
  /// A mark of what the files held when they were named, by which one that was renewed shows; 0: there are none, or
  /// nobody looked. Never to be shown.
  std::uint64_t contents = 0;
  friend bool operator==(tls_options const&, tls_options const&) = default;
};

/// Which file of tls_options can not be used, and why.
struct tls_fault {
  std::string_view key;  ///< "ca_file", "cert_file" or "key_file"
  std::string file;
  std::string reason;  ///< "no PEM certificates: …"
};

struct client_options {
  url origin;       ///< every request goes here
  tls_options tls;  ///< certificates and host names are always verified
  std::optional<net::url>
      proxy;                 ///< HTTP CONNECT through this; nullopt: direct. Its userinfo becomes Proxy-Authorization
  unsigned connections = 8;  ///< 1..1024: open at most; further requests wait their turn
};

}  // namespace buildwatch::net

// Reading http and https addresses.
#pragma once

#include <string_view>

#include "buildwatch/base/result.hpp"
#include "buildwatch/net/options.hpp"

namespace buildwatch::net {

/// Reads an absolute http or https URL (RFC 3986). Refused: other schemes, no host, a fragment, port 0, user info other
/// than in a proxy's address (`allow_userinfo`). The error text never quotes the address.
[[nodiscard]] base::result<url> parse_url(std::string_view text, bool allow_userinfo = false);

/// True for 127.0.0.0/8, ::1 and localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

/// The proxy that the environment names for `target` (HTTPS_PROXY, https_proxy; NO_PROXY, no_proxy: names with their
/// subdomains, addresses, CIDR blocks, `host:port`, `*`), given as values. nullopt: connect directly. A value that is
/// no address is an error. Plain http:// targets never take it.
[[nodiscard]] base::result<std::optional<url>> proxy_from_environment(url const& target, std::string_view https_proxy,
                                                                      std::string_view no_proxy);

}  // namespace buildwatch::net

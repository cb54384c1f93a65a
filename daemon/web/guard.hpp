// Who may ask: the Host header (DNS rebinding) and the token.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/secret.hpp"

namespace buildwatch::web {

/// A Host header's value (the port does not matter) is a loopback name or address, the address `local` at which this
/// connection came in, or one of `hosts`. A page of another site that has its name point at us bears its own name here.
[[nodiscard]] bool host_allowed(std::string_view host, boost::asio::ip::address const& local,
                                std::vector<std::string> const& hosts);

/// An Authorization header's value carries `token`: as Bearer, or as Basic's password with any user. Always true where
/// `token` is empty. The time it takes tells nothing of the token but its length.
[[nodiscard]] bool token_given(std::string_view authorization, base::secret const& token);

}  // namespace buildwatch::web

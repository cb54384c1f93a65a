// Addresses: of an API, of a webhook, of a proxy.
#pragma once

#include <optional>

#include "buildwatch/net/options.hpp"
#include "config/cursor.hpp"
#include "config/fields.hpp"

namespace buildwatch::config {

/// An http or https address without user info. The text never stands in a complaint.
[[nodiscard]] std::optional<net::url> read_address(cursor const& c);

/// Address of an API: no query; plain http:// only on this machine, with a warning.
[[nodiscard]] std::optional<net::url> read_endpoint(cursor const& c);

/// Key `proxy`: `none`, an http:// address, or left out: what the environment says for `target`. A fault of the
/// environment is reported at the map.
[[nodiscard]] std::optional<net::url> read_proxy(fields const& f, net::url const& target);

}  // namespace buildwatch::config

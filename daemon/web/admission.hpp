// Whether a request gets as far as what it asks for.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>

#include "buildwatch/web/options.hpp"
#include "web/answer.hpp"
#include "web/request.hpp"
#include "web/router.hpp"
#include "web/target.hpp"

namespace buildwatch::web {

/// Host, token, path and method, in this order. `local`: the address at which the connection came in. nullopt: it may
/// be answered.
[[nodiscard]] std::optional<answer> refused(request const& head, target const& to, route const& where,
                                            boost::asio::ip::address const& local, options const& rules);

/// The parameter `limit`: 1000 at most, however much is asked for; 100 without one. nullopt: no number above zero.
[[nodiscard]] std::optional<std::size_t> limit_of(target const& to);

}  // namespace buildwatch::web

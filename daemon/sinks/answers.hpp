// What an HTTP answer, or the lack of one, means for a delivery.
#pragma once

#include "buildwatch/net/client.hpp"
#include "buildwatch/notify/ports.hpp"

namespace buildwatch::sinks {

/// Contract section 4: 2xx is delivered, 410 the end, 429, 502, 503 and 504 pause the sink, anything else is tried
/// again. Bodies are not quoted: a receiver may echo what we sent it.
[[nodiscard]] notify::attempt judge(net::response const& answer, base::wall_time now);
/// No connection and time-outs pause the sink. A connection lost under way does not: it may be this event that breaks
/// the receiver, or a kept connection that it had just closed.
[[nodiscard]] notify::attempt judge(net::failure const& failure);

}  // namespace buildwatch::sinks

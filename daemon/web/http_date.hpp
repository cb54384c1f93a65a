// Dates as HTTP writes them.
#pragma once

#include <string>

#include "buildwatch/base/time.hpp"

namespace buildwatch::web {

/// "Mon, 23 Nov 2026 20:18:23 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(base::wall_time t);

}  // namespace buildwatch::web

// Clock skew: the one cause of a refused signature that nobody suspects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"

namespace buildwatch::codearts {

/// "clock skew: the server's clock is 12 min ahead of ours; check NTP" where the `Date` of a 401 is over 5 minutes off
/// `now` (contract, section 3; the gateway refuses over 15, codearts-api.md 3.2). nullopt otherwise, and for a date
/// that is none.
[[nodiscard]] std::optional<std::string> clock_skew(std::string_view date, base::wall_time now);

}  // namespace buildwatch::codearts

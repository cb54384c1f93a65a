// Instants as IAM and the metadata service write them.
#pragma once

#include <optional>
#include <string_view>

#include "buildwatch/base/time.hpp"

namespace buildwatch::codearts {

/// "2020-01-04T09:05:22.701000Z": UTC, any number of decimals or none (codearts-api.md 3.1). Anything else: nullopt.
[[nodiscard]] std::optional<base::wall_time> parse_timestamp(std::string_view text);
/// `to - from`, but no more than a hundred years either way: others write what years they like, and nanoseconds end
/// with the third century.
[[nodiscard]] base::duration time_between(base::wall_time from, base::wall_time to);

}  // namespace buildwatch::codearts

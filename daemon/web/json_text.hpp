// Small pieces of JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"

namespace buildwatch::web {

/// A JSON string; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string json_string(std::string_view text);
/// RFC 3339, or null.
[[nodiscard]] std::string json_of(std::optional<base::wall_time> const& t);
[[nodiscard]] std::string json_of(std::optional<std::string> const& text);

}  // namespace buildwatch::web

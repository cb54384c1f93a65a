// Text within XML.
#pragma once

#include <string>
#include <string_view>

namespace buildwatch::web {

/// For attribute values and text: markup is escaped, control characters and what is no UTF-8 become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace buildwatch::web

// The version of this program.
#pragma once

#include <string_view>

namespace buildwatch::base {

/// "MAJOR.MINOR.PATCH", from CMakeLists.txt.
[[nodiscard]] std::string_view version();

}  // namespace buildwatch::base

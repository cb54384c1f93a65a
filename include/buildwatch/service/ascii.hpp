// Lines for people where UTF-8 is not read.
#pragma once

#include <string>
#include <string_view>

namespace buildwatch::service {

/// Whether what is written there may be UTF-8. The first of LC_ALL, LC_CTYPE and LANG that is set says so; where none
/// is, a terminal is taken not to show it, and a file or pipe gets it.
[[nodiscard]] bool takes_utf8(int fd);

/// The line with a letter for each sign ("x" for "✗"), and "?" for every other character that is not ASCII. Never wider
/// than it was.
[[nodiscard]] std::string as_ascii(std::string_view line);

}  // namespace buildwatch::service

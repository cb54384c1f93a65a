// Is a text UTF-8 that a YAML file may hold?
#pragma once

#include <optional>
#include <string_view>

namespace buildwatch::config {

/// Offset of the first byte that is no part of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] std::optional<std::size_t> first_malformed(std::string_view text);

/// Offset of the first control character (C0 but tab, line feed and carriage return, and DEL), which YAML 1.2
/// section 5.1 does not allow. yaml-cpp would take some for the end of the file.
[[nodiscard]] std::optional<std::size_t> first_control(std::string_view text);

/// Any control character at all, line breaks and tabs too.
[[nodiscard]] bool has_control(std::string_view text);

}  // namespace buildwatch::config

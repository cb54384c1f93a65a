// Numbers as answers hold them: as such, or as strings of their digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// A whole number of zero or more, by what json_events.hpp tells of it. nullopt: none, or one beyond 64 bits.
[[nodiscard]] std::optional<std::uint64_t> whole_number(json_kind kind, std::string_view text);

/// null, an empty string and zero state none: so may an answer say that a job was never built.
[[nodiscard]] stated_number build_number(json_kind kind, std::string_view text);

}  // namespace buildwatch::codearts

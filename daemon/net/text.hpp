// Small helpers for the text of addresses, numbers and durations; no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"

namespace buildwatch::net {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// ASCII only, so that no locale changes what is compared.
[[nodiscard]] std::string lower(std::string_view text);

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Decimal digits alone; anything else, or more than 64 bits: nullopt.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view digits);

/// An IPv6 address in brackets, anything else as it is.
[[nodiscard]] std::string bracketed(std::string_view host);

/// "host:port", IPv6 in brackets.
[[nodiscard]] std::string host_and_port(std::string_view host, std::uint16_t port);

/// "10 s", "1.5 s", "250 ms": for the words of an error.
[[nodiscard]] std::string words(base::duration length);

}  // namespace buildwatch::net

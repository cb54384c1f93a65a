// Lower-case hexadecimal, by table.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace buildwatch::codearts {

inline constexpr char lower_digits[] = "0123456789abcdef";

/// Writes two digits a byte to `to`, which has room for them.
inline void write_hex(std::span<unsigned char const> bytes, char* to) {
  // A table of pairs halves the look-ups; signing does this twice a poll.
  static constexpr auto pairs = [] {
    std::array<std::array<char, 2>, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = {lower_digits[i / 16], lower_digits[i % 16]};
    return table;
  }();
  for (unsigned char const b : bytes) {
    *to++ = pairs[b][0];
    *to++ = pairs[b][1];
  }
}

[[nodiscard]] inline std::string to_hex(std::span<unsigned char const> bytes) {
  std::string out(bytes.size() * 2, '\0');
  write_hex(bytes, out.data());
  return out;
}

}  // namespace buildwatch::codearts

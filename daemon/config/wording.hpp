// What complaints are worded with: clean quotations and the nearest known word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "buildwatch/config/config.hpp"  // did_you_mean

namespace buildwatch::config {

/// Control characters become '?', what is longer than `limit` bytes is cut (at a character of UTF-8) and ends in "…".
[[nodiscard]] std::string cleaned(std::string_view text, std::size_t limit);

/// The text in quotes, cleaned, at most 60 bytes of it.
[[nodiscard]] std::string quoted(std::string_view text);

/// "a, b or c"; at most 20 words, then "…".
[[nodiscard]] std::string one_of(std::span<std::string_view const> words, std::string_view last = " or ");

/// The word that someone who wrote `word` most likely meant: few letters away, not minding case, `-` and `_`.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<std::string_view const> known);

}  // namespace buildwatch::config

// Words of the other side made fit for a log line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace buildwatch::codearts {

/// Longest `text` of an observation, and longest `word` and `region`, in bytes (model/observation.hpp).
inline constexpr std::size_t longest_text = 300;
inline constexpr std::size_t longest_word = 128;

/// One line of valid UTF-8, at most `longest` bytes (3 or more): control characters and line breaks of any kind become
/// blanks, runs of blanks one blank, bytes that are no UTF-8 U+FFFD; a text cut short ends in "…".
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest = longest_text);

/// The same without touching blanks: for words that are kept as they came, control characters being U+FFFD. Not marked
/// where cut.
[[nodiscard]] std::string clean_word(std::string_view word, std::size_t longest = longest_word);

}  // namespace buildwatch::codearts

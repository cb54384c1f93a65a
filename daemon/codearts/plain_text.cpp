#include "codearts/plain_text.hpp"

#include <cstdint>

namespace buildwatch::codearts {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026

struct character {
  std::size_t size = 1;  ///< bytes it takes, 1 where it is no UTF-8
  char32_t code = 0;
  bool valid = false;
};

/// The character at the start of `text`, which is not empty (RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF).
character first_of(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char const lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  std::size_t const size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
  char32_t code = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {};
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  char32_t const least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {size, code, true};
}

/// C0, C1, DEL, line and paragraph separator, and the marks that turn the direction of what follows on a terminal.
bool control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

/// Cuts valid UTF-8 between characters.
void cut(std::string& text, std::size_t longest) {
  if (text.size() <= longest) return;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0u) == 0x80u) --longest;
  text.resize(longest);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t longest) {
  std::string out;
  // A little more than fits is enough to know that it does not fit.
  while (!text.empty() && out.size() <= longest) {
    character const c = first_of(text);
    if (!c.valid) {
      out += replacement;
    } else if (c.code != ' ' && !control(c.code)) {
      out += text.substr(0, c.size);
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
    text.remove_prefix(c.size);
  }
  if (out.size() > longest) {
    cut(out, longest - ellipsis.size());
    out += ellipsis;
  } else if (out.ends_with(' ')) {
    out.pop_back();
  }
  return out;
}

std::string clean_word(std::string_view word, std::size_t longest) {
  std::string out;
  while (!word.empty() && out.size() <= longest) {
    character const c = first_of(word);
    if (!c.valid || control(c.code)) {
      out += replacement;
    } else {
      out += word.substr(0, c.size);
    }
    word.remove_prefix(c.size);
  }
  cut(out, longest);
  return out;
}

}  // namespace buildwatch::codearts

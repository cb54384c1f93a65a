// Text of others, made safe to show.
#include <algorithm>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::notify {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
character decode(std::string_view text) {
  auto const lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  std::size_t const bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text, i)) return {};
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  bool const overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  bool const surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  return {code, bytes};
}

// What a terminal would obey rather than show: C0, DEL, C1, line and paragraph separators, direction marks.
bool unsafe(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string clean_line(std::string_view text, std::size_t max_bytes) {
  std::string clean;
  clean.reserve(std::min(text.size(), max_bytes));
  while (!text.empty()) {
    character const c = decode(text);
    std::string_view shown = text.substr(0, c.bytes);
    if (c.code == U'\t')
      shown = " ";
    else if (c.bytes == 0 || unsafe(c.code))
      shown = replacement;
    if (shown.size() > max_bytes - clean.size()) break;
    clean += shown;
    text.remove_prefix(c.bytes == 0 ? 1 : c.bytes);
  }
  return clean;
}

}  // namespace buildwatch::notify

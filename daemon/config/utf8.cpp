#include "config/utf8.hpp"

namespace buildwatch::config {
namespace {

/// What may follow a leading byte: how many bytes, and the range of the first of them (RFC 3629 section 4).
struct follow {
  unsigned count;
  unsigned char from;
  unsigned char to;
};

std::optional<follow> follows(unsigned char lead) {
  if (lead < 0x80) return follow{0, 0, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return follow{1, 0x80, 0xBF};
  if (lead == 0xE0) return follow{2, 0xA0, 0xBF};
  if (lead == 0xED) return follow{2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return follow{2, 0x80, 0xBF};
  if (lead == 0xF0) return follow{3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return follow{3, 0x80, 0xBF};
  if (lead == 0xF4) return follow{3, 0x80, 0x8F};
  return std::nullopt;
}

bool well_formed(std::string_view rest, follow f) {
  if (rest.size() <= f.count) return false;
  for (unsigned i = 1; i <= f.count; ++i) {
    auto const b = static_cast<unsigned char>(rest[i]);
    if (i == 1 ? b < f.from || b > f.to : b < 0x80 || b > 0xBF) return false;
  }
  return true;
}

}  // namespace

std::optional<std::size_t> first_malformed(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto const f = follows(static_cast<unsigned char>(text[i]));
    if (!f || (f->count > 0 && !well_formed(text.substr(i), *f))) return i;
    i += f->count + 1;
  }
  return std::nullopt;
}

std::optional<std::size_t> first_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const b = static_cast<unsigned char>(text[i]);
    if ((b < 0x20 && b != '\t' && b != '\n' && b != '\r') || b == 0x7F) return i;
  }
  return std::nullopt;
}

bool has_control(std::string_view text) {
  return text.find_first_of("\t\n\r") != std::string_view::npos || first_control(text);
}

}  // namespace buildwatch::config

#include "buildwatch/service/ascii.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace buildwatch::service {
namespace {

/// Those of notify::headline.
constexpr std::array<std::pair<std::string_view, char>, 7> signs{
    {{"✓", '+'}, {"✗", 'x'}, {"▶", '>'}, {"■", '-'}, {"…", '~'}, {"⊘", '!'}, {"↺", '+'}}};

bool names_utf8(std::string_view locale) {
  constexpr std::array<std::string_view, 4> words{"UTF-8", "utf-8", "UTF8", "utf8"};
  return std::ranges::any_of(words, [&](auto word) { return locale.find(word) != std::string_view::npos; });
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

char stand_in(std::string_view character) {
  if (character.size() == 1 && static_cast<unsigned char>(character[0]) < 0x80) return character[0];
  auto const known = std::ranges::find(signs, character, &std::pair<std::string_view, char>::first);
  return known == signs.end() ? '?' : known->second;
}

}  // namespace

bool takes_utf8(int fd) {
  for (char const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    char const* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return names_utf8(value);  // as the C library does it
  }
  return ::isatty(fd) != 1;
}

std::string as_ascii(std::string_view line) {
  std::string all;
  while (!line.empty()) {
    std::size_t length = 1;
    bool const wide = static_cast<unsigned char>(line[0]) >= 0x80;
    while (wide && length < line.size() && continues(line[length])) ++length;
    all += stand_in(line.substr(0, length));
    line.remove_prefix(length);
  }
  return all;
}

}  // namespace buildwatch::service

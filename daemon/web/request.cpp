#include "web/request.hpp"

#include <algorithm>

namespace buildwatch::web {

std::size_t head_length(std::string_view bytes) {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    std::string_view const rest = bytes.substr(at + 1, 2);
    if (rest.starts_with('\n')) return at + 2;
    if (rest == "\r\n") return at + 3;
  }
  return 0;
}

bool hopeless(std::string_view bytes) {
  return std::ranges::any_of(bytes.substr(0, bytes.find_first_of(" \r\n")), [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7F;
  });
}

}  // namespace buildwatch::web

#include "web/etag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace buildwatch::web {

void etag_maker::add(std::string_view piece) {
  for (char const c : piece) {
    hash_ ^= static_cast<unsigned char>(c);
    hash_ *= 0x100000001b3U;
  }
}

std::string etag_maker::tag() const { return fmt::format("\"{:016x}\"", hash_); }

bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));  // none of our tags has a comma
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(" \t")));
    one = one.substr(0, one.find_last_not_of(" \t") + 1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == tag) return true;
  }
  return false;
}

}  // namespace buildwatch::web

// Small things that every kind of authentication needs.
#include <algorithm>

#include "codearts/auth.hpp"

namespace buildwatch::codearts {

bool fit_for_header(std::string_view value) {
  return !value.empty() && std::ranges::none_of(value, [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string path_prefix(net::url const& address) {
  auto const target = address.target.reveal();
  auto path = target.substr(0, target.find('?'));
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

}  // namespace buildwatch::codearts

// What sinks take from the environment of this process: read here and nowhere else.
#include <array>
#include <cstdlib>
#include <string_view>

#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {

environment inherited_environment() {
  constexpr std::array names{"PATH", "HOME", "LANG", "LC_ALL", "TZ"};
  environment found;
  for (char const* name : names) {
    if (char const* value = std::getenv(name)) found.emplace_back(name, value);
  }
  return found;
}

bool colours_welcome() {
  char const* refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  char const* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) != "dumb";
}

}  // namespace buildwatch::sinks

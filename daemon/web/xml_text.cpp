#include "web/xml_text.hpp"

#include "buildwatch/notify/format.hpp"

namespace buildwatch::web {

std::string escaped(std::string_view text) {
  std::string made;
  for (char const c : notify::clean_line(text)) {
    switch (c) {
      case '&': made += "&amp;"; break;
      case '<': made += "&lt;"; break;
      case '>': made += "&gt;"; break;
      case '"': made += "&quot;"; break;
      case '\'': made += "&#39;"; break;
      default: made += c;
    }
  }
  return made;
}

}  // namespace buildwatch::web

// The dashboard's files, compiled in from daemon/web/page.
#pragma once

#include <span>
#include <string_view>

namespace buildwatch::web {

struct page_file {
  std::string_view path;  ///< "/" is index.html
  std::string_view type;
  std::string_view text;
};

/// nullptr: none is there.
[[nodiscard]] page_file const* page_file_at(std::string_view path);

/// The bytes themselves; embed.cmake writes their definitions.
namespace page {
extern std::string_view const index_html;
extern std::string_view const app_css;
extern std::string_view const app_js;
}  // namespace page

}  // namespace buildwatch::web

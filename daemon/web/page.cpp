#include "web/page.hpp"

#include <algorithm>
#include <array>

namespace buildwatch::web {

page_file const* page_file_at(std::string_view path) {
  static std::array<page_file, 3> const files{{
      {"/", "text/html; charset=utf-8", page::index_html},
      {"/app.css", "text/css; charset=utf-8", page::app_css},
      {"/app.js", "text/javascript; charset=utf-8", page::app_js},
  }};
  auto const* const found = std::ranges::find(files, path, &page_file::path);
  return found == files.end() ? nullptr : found;
}

}  // namespace buildwatch::web

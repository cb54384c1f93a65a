// Keys `version`, `log` and `include`.
#include <array>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

// In the order of base::log_level and log_options::style.
constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> styles{"auto", "text", "json"};

}  // namespace

void read_version(cursor const& c) { static_cast<void>(read_number(c, 1, 1)); }

void read_log(cursor const& c, draft& into) {
  fields const f(c, log_keys());
  f.check();
  if (auto const level = f.find("level")) {
    if (auto const word = read_word(*level, levels)) into.log.level = static_cast<base::log_level>(*word);
  }
  if (auto const format = f.find("format")) {
    if (auto const word = read_word(*format, styles)) into.log.format = static_cast<log_options::style>(*word);
  }
}

void read_includes(cursor const& c, draft& into) {
  if (!is_list(c, "a list of files or globs such as [\"jobs.d/*.yaml\"]")) {
    into.incomplete = true;
    return;
  }
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    auto text = read_text(item, "the path of a file, or a glob");
    if (!text) into.incomplete = true;
    if (text) into.includes.push_back({std::move(*text), item.at.at, static_cast<std::uint32_t>(i)});
  }
}

}  // namespace buildwatch::config

#include "config/syntax_fault.hpp"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>

#include <algorithm>

namespace buildwatch::config {
namespace {

/// yaml-cpp's words, without what they quote from the file, and a hint where they are dark.
std::string in_words(std::string const& message) {
  std::string const what = message.substr(0, message.find(':'));
  if (what.find("alias") != std::string::npos || what.find("anchor") != std::string::npos) {
    return "aliases are not supported; put text that begins with * or & in quotes";
  }
  if (what == "unknown token") return "not valid YAML: text that begins with this character must stand in quotes";
  return "not valid YAML: " + what;
}

/// Where a tab stands in the indentation of a line, if one does: yaml-cpp then complains about something else further
/// on.
std::optional<mark> tab_indent(std::string_view text, mark at) {
  std::string_view line = text;
  for (std::uint32_t n = 1; n < at.line; ++n) line.remove_prefix(std::min(line.find('\n'), line.size() - 1) + 1);
  auto const first = line.find_first_not_of(' ');
  if (first == std::string_view::npos || line[first] != '\t') return std::nullopt;
  return mark{at.line, static_cast<std::uint32_t>(first + 1)};
}

}  // namespace

mark to_mark(YAML::Mark const& m) {
  return {static_cast<std::uint32_t>(m.line + 1), static_cast<std::uint32_t>(m.column + 1)};
}

mark mark_of(std::string_view text, std::size_t offset) {
  std::string_view const before = text.substr(0, offset);
  auto const lines = std::ranges::count(before, '\n');
  auto const line_start = before.rfind('\n');
  auto const column = line_start == std::string_view::npos ? offset : offset - line_start - 1;
  return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(column + 1)};
}

syntax_fault explain(std::string_view text, YAML::Exception const& e, std::optional<mark> open_bracket) {
  bool const at_end = e.mark.pos <= 0 || static_cast<std::size_t>(e.mark.pos) >= text.size();
  if (at_end && open_bracket) return {*open_bracket, "not valid YAML: the bracket that opens here is never closed"};
  if (auto const tab = tab_indent(text, to_mark(e.mark))) {
    return {*tab, "not valid YAML: a tab indents this line; YAML takes spaces only"};
  }
  return {to_mark(e.mark), in_words(e.msg)};
}

}  // namespace buildwatch::config

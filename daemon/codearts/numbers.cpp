#include "codearts/numbers.hpp"

#include <charconv>

namespace buildwatch::codearts {

std::optional<std::uint64_t> whole_number(json_kind kind, std::string_view text) {
  if (kind == json_kind::number && text.empty()) return 0;
  if (kind != json_kind::number && kind != json_kind::string) return std::nullopt;
  std::uint64_t value = 0;
  char const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

stated_number build_number(json_kind kind, std::string_view text) {
  if (kind == json_kind::null || (kind == json_kind::string && text.empty())) return {};
  auto const value = whole_number(kind, text);
  if (!value || *value > 2147483647) return {0, true};
  return {static_cast<std::uint32_t>(*value), false};
}

}  // namespace buildwatch::codearts

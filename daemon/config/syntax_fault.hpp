// Text that is no YAML: where, and in words that help.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/node.hpp"

namespace YAML {
class Exception;
struct Mark;
}  // namespace YAML

namespace buildwatch::config {

struct syntax_fault {
  mark at;
  std::string text;
};

[[nodiscard]] mark to_mark(YAML::Mark const& m);
/// The place of a byte.
[[nodiscard]] mark mark_of(std::string_view text, std::size_t offset);
/// What yaml-cpp complained about in `text`. `open_bracket`: the innermost `[` or `{` that was still open then. Quotes
/// nothing from the text: it may be a secret.
[[nodiscard]] syntax_fault explain(std::string_view text, YAML::Exception const& e, std::optional<mark> open_bracket);

}  // namespace buildwatch::config

// Globs over job names, as rules use them.
#pragma once

#include <string_view>

namespace buildwatch::model {

/// `*` any run of characters, `?` one, `[a-z]`, `[!a]` sets, `\` takes the next literally; the whole name must match.
/// Case counts. Time linear in name × pattern at worst.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace buildwatch::model

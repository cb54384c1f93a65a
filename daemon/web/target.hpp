// A request's target, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buildwatch::web {

struct target {
  std::string path;  ///< percent-decoded but for %2F, which divides nothing; begins with '/'
  std::vector<std::pair<std::string, std::string>> query;  ///< percent-decoded, in order
  std::string authority;                                   ///< of an absolute target; it counts instead of Host
  /// The first of that name.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Origin form ("/path?query") or absolute form ("http://host/path"; RFC 9112, 3.2). nullopt: neither, or bad escapes.
[[nodiscard]] std::optional<target> read_target(std::string_view text);

}  // namespace buildwatch::web

// Entity tags: whether the asker has the answer already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace buildwatch::web {

/// The tag of a body that is made piece by piece: FNV-1a, 64 bits, which nobody has a reason to collide.
class etag_maker {
 public:
  void add(std::string_view piece);
  /// Quotes included.
  [[nodiscard]] std::string tag() const;

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

/// Whether an If-None-Match header (a list, or "*") names `tag`; weak comparison (RFC 9110, 13.1.2).
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace buildwatch::web

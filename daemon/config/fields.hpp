// A map with declared keys: complains about every other one, hands out the values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/cursor.hpp"
#include "config/decode.hpp"
#include "config/keys.hpp"

namespace buildwatch::config {

/// Expects a map; anything else is complained about ("expected keys such as `type`, found a list").
[[nodiscard]] bool is_map(cursor const& c, std::string_view expected);
/// Expects a list.
[[nodiscard]] bool is_list(cursor const& c, std::string_view expected);

/// Calls `read(cursor, name, its mark)` for each entry of a map from names; complains about keys that are no names.
/// False: it is no map, which was complained about.
template <class Read>
bool each_named(cursor const& c, std::string_view expected, Read read) {
  if (!is_map(c, expected)) return false;
  for (auto const& e : c.at.entries) {
    cursor const one{c.in, e.value, path(c.where, e.key), false};
    if (!is_name(e.key)) c.in.out.error(c.in.file, e.key_at, one.where.text(), not_a_name());
    read(one, e.key, e.key_at);
  }
  return true;
}

/// Complains about a key of a map: unknown (with the nearest known one), or of another type. True: it is fine.
bool check_key(cursor const& map, std::string_view name, mark at, key_table table, std::string_view type = {});

class fields {
 public:
  /// `type`: only keys of that type are known (see key::only); call it with the map's own `type` once that is read.
  fields(cursor const& map, key_table table);
  fields(fields const&) = delete;
  fields& operator=(fields const&) = delete;

  /// Is it a map at all? If not, that was complained about and nothing is found in it.
  [[nodiscard]] bool valid() const { return valid_; }
  /// Complains about keys that do not belong. Once, when the type is known (or empty).
  void check(std::string_view type = {}) const;
  [[nodiscard]] std::optional<cursor> find(std::string_view name) const;
  /// Complains where the key is missing.
  [[nodiscard]] std::optional<cursor> require(std::string_view name, std::string_view hint = {}) const;
  [[nodiscard]] cursor const& whole() const { return map_; }

 private:
  cursor map_;
  key_table table_;
  bool valid_;
};

}  // namespace buildwatch::config

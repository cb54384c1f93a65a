// A piece of a YAML document with the place of everything in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace buildwatch::config {

/// A place in a file. Both count from 1; the column counts bytes.
struct mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(mark const&, mark const&) = default;
};

struct node {
  struct entry;
  enum class type : std::uint8_t {
    nothing,  ///< an empty value, `~` or `null`
    scalar,
    list,
    map,
    broken,  ///< something that was complained about already (an alias): to be passed over in silence
  };

  type kind = type::nothing;
  bool plain = false;          ///< scalar: not quoted and not a block
  mark at;                     ///< where it begins; of an empty value, its key
  std::string text;            ///< scalar
  std::vector<node> items;     ///< list
  std::vector<entry> entries;  ///< map, in the order of the file, each key once
};

struct node::entry {
  std::string key;
  mark key_at;
  node value;
};

}  // namespace buildwatch::config

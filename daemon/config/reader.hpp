// A YAML file as positioned pieces, handed over one by one.
#pragma once

#include <string>
#include <string_view>

#include "config/complaints.hpp"
#include "config/node.hpp"

namespace buildwatch::config {

/// Takes the pieces of a file as they are read.
class receiver {
 public:
  virtual ~receiver() = default;
  /// A top-level key and its value, each key once.
  virtual void entry(std::string const& key, mark key_at, node const& value) = 0;
  /// An item of the top-level list `jobs`, which may be long: its items come one by one before entry("jobs", …), whose
  /// list is then empty.
  virtual void job(std::size_t index, node const& item) = 0;
};

/// Reads a whole file. Complains about what is no YAML (and then about nothing else: false), about what this
/// configuration leaves out of YAML (anchors, aliases, merge keys, tags, a second document) and about keys that stand
/// twice. Nothing is remembered of a piece once it is handed over. Never throws for content; depth and size are
/// bounded.
[[nodiscard]] bool read_yaml(std::string_view text, source const& file, complaints& out, receiver& to);

}  // namespace buildwatch::config

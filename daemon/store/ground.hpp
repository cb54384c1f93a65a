// The ground a store stands on: its folder and its file, before SQLite touches them.
#pragma once

#include <cstdint>
#include <string>

#include "buildwatch/base/result.hpp"

namespace buildwatch::store {

/// Where a store lies whose path is a symbolic link: its log and its lock lie there, too.
[[nodiscard]] std::string behind_link(std::string const& path);

/// Makes the folder of `path` where only its last part is missing, or whatever is missing (`with_parents`), its owner's
/// alone. Fails where it cannot be written.
[[nodiscard]] base::result<void> prepare_folder(std::string const& path, bool with_parents);

/// What lies at `path`.
struct ground {
  bool there = false;
  std::uint64_t bytes = 0;
  bool log_there = false;  ///< its write-ahead log is there, maybe empty: somebody has it open, or had
  bool log_left = false;   ///< its write-ahead log holds something: the last end was not clean, or somebody has it open
};
/// Fails where it is no file, may not be looked at, or is missing or empty while its log is not. `to_write`: fails also
/// where it may not be written.
[[nodiscard]] base::result<ground> look_at(std::string const& path, bool to_write);

/// Makes an empty file that only its owner may read, and sees to it that a power failure does not take it away again.
[[nodiscard]] base::result<void> create_file(std::string const& path);

}  // namespace buildwatch::store

// One daemon a store: a file beside the database, locked as long as the daemon lives.
#pragma once

#include <string>

#include "buildwatch/base/result.hpp"

namespace buildwatch::store {

class lock_file {
 public:
  /// Takes the lock of the store at `path`. Fails where another process, or this one, holds it: the text names its pid.
  [[nodiscard]] static base::result<lock_file> take(std::string const& path);
  lock_file(lock_file&& other) noexcept;
  lock_file& operator=(lock_file&&) = delete;
  ~lock_file();

  /// Where it lies: beside the database, as closing a descriptor of the database itself would drop SQLite's locks.
  [[nodiscard]] static std::string path_of(std::string const& store) { return store + ".lock"; }

 private:
  explicit lock_file(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace buildwatch::store

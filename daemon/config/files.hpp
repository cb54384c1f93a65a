// Port: the files that a configuration names. The real one asks the system; that of tests and of the fuzzer has none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/result.hpp"

namespace buildwatch::config {

/// Error texts are the system's words ("No such file or directory"), without the path.
class files {
 public:
  virtual ~files() = default;
  /// All of a regular file of at most `limit` bytes. Never waits for a pipe or a device.
  [[nodiscard]] virtual base::result<std::string> read(std::string const& path, std::size_t limit) const = 0;
  /// Why the file cannot be run as a program; nullopt: it can.
  [[nodiscard]] virtual std::optional<std::string> not_runnable(std::string const& path) const = 0;
  /// The paths that a glob matches (glob(7)), sorted by bytes; none is no error.
  [[nodiscard]] virtual base::result<std::vector<std::string>> matching(std::string const& glob) const = 0;
  /// The path from the root. ".." stays: behind a symbolic link it leads elsewhere.
  [[nodiscard]] virtual std::string absolute(std::string const& path) const = 0;
  /// One text for all paths that lead to the same file.
  [[nodiscard]] virtual std::string identity(std::string const& path) const = 0;
};

[[nodiscard]] std::shared_ptr<files const> real_files();

/// `path`, taken from `directory` unless it is absolute.
[[nodiscard]] std::string joined(std::string const& directory, std::string const& path);

}  // namespace buildwatch::config

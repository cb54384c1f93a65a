// Collects what is wrong with a configuration, in whatever order it is found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "buildwatch/config/config.hpp"
#include "config/node.hpp"

namespace buildwatch::config {

/// A file being read.
struct source {
  std::uint32_t order = 0;  ///< 0: the main file; then the included ones as they were expanded
  std::string name;         ///< as complaints show it
  std::string directory;    ///< absolute; relative paths in the file start here
  [[nodiscard]] bool main() const { return order == 0; }
};

class complaints {
 public:
  void error(source const& file, mark at, std::string path, std::string text);
  void warning(source const& file, mark at, std::string path, std::string text);
  /// Forgets what was said of a file: a syntax error is the only complaint of its file.
  void forget(source const& file);

  [[nodiscard]] bool any_error() const { return errors_ > 0; }
  /// By file, line and column. A hundred thousand at most; the last then says that there are more.
  [[nodiscard]] std::vector<complaint> sorted() &&;

 private:
  struct item {
    std::uint32_t order;
    complaint what;
  };
  void add(source const& file, mark at, std::string path, std::string text, bool warning);

  std::vector<item> items_;
  std::size_t errors_ = 0;
  std::size_t untold_ = 0;
};

}  // namespace buildwatch::config

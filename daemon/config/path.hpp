// The way to a key, "jobs[2].poll.idle": links on the stack, written out only when there is something to complain
// about.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace buildwatch::config {

/// A link knows the one above it, which (like the key's text) must outlive it.
class path {
 public:
  path() = default;
  path(path const& up, std::string_view key) : up_(&up), key_(key) {}
  path(path const& up, std::size_t index) : up_(&up), index_(index), is_index_(true) {}

  /// Keys are cleaned and cut at 100 bytes.
  [[nodiscard]] std::string text() const;

 private:
  path const* up_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

}  // namespace buildwatch::config

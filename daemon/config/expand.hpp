// `${env:NAME}`, `${file:PATH}`, `${credential:NAME}` and `$$` in a scalar.
#pragma once

#include <string>
#include <string_view>

#include "buildwatch/base/result.hpp"
#include "buildwatch/config/config.hpp"
#include "config/files.hpp"

namespace buildwatch::config {

/// What is needed to look values up.
struct lookup {
  environment const& world;
  files const& disk;
  std::string const& directory;  ///< relative paths start here
};

struct expanded {
  std::string text;
  bool stands_in = false;  ///< something came from outside the file: not to be quoted
  bool assumed = false;    ///< credentials cannot be read here and count as given; `text` says nothing
};

/// True where the text holds a `${` that is not escaped.
[[nodiscard]] bool has_reference(std::string_view text);

/// Replaces every reference by its value, which is not expanded again and loses one line break at its end. Errors name
/// no name, path or value: "`${env:…}`: the variable is not set".
[[nodiscard]] base::result<expanded> expand(std::string_view text, lookup const& from);

/// Only `$$` is replaced; a reference is an error. For what must not hold secrets.
[[nodiscard]] base::result<std::string> unescape(std::string_view text);

}  // namespace buildwatch::config

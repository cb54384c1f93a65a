// A value that is being decoded, with all that is needed to complain about it.
#pragma once

#include <string>

#include "config/complaints.hpp"
#include "config/files.hpp"
#include "config/node.hpp"
#include "config/path.hpp"

namespace buildwatch::config {

/// What decoders share while one file is read.
struct context {
  environment const& world;
  std::shared_ptr<files const> const& disk;
  complaints& out;
  source const& file;
};

/// Points at a node. Lives on the stack below the cursor it was made from, whose path it links to.
struct cursor {
  context const& in;
  node const& at;
  path where;
  bool secret = false;  ///< the value must not be quoted
  bool wanted = false;  ///< a secret that is looked up even where secrets are not

  [[nodiscard]] cursor item(std::size_t index) const { return {in, at.items[index], path(where, index), secret}; }
  /// The same value, never to be quoted, and not looked up where no secret is wanted.
  [[nodiscard]] cursor hidden() const { return {in, at, where, true}; }

  void error(std::string text) const { in.out.error(in.file, at.at, where.text(), std::move(text)); }
  void warning(std::string text) const { in.out.warning(in.file, at.at, where.text(), std::move(text)); }
};

}  // namespace buildwatch::config

// Bodies that are made by pieces.
#pragma once

#include <algorithm>
#include <string>

#include "web/answer.hpp"

namespace buildwatch::web::testing {

/// The whole of a body that is made by pieces; `longest` becomes the longest piece.
inline std::string whole(pieces& body, std::size_t* longest = nullptr) {
  std::string all;
  for (bool more = true; more;) {
    std::size_t const before = all.size();
    more = body.next(all);
    if (longest != nullptr) *longest = std::max(*longest, all.size() - before);
  }
  return all;
}

}  // namespace buildwatch::web::testing

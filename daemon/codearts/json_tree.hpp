// Small JSON answers as a tree: for what is asked rarely and read in several places.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// The tree of `body`; discarded (is_object() is false) where it is no JSON or nested too deep. Looks before it plants:
/// a million brackets would make a million nodes.
[[nodiscard]] inline nlohmann::json parse_tree(std::string_view body) {
  if (!read_reply(body, {}).valid) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(body, nullptr, false);
}

}  // namespace buildwatch::codearts

// Tells one credential from another, and nothing of either.
#pragma once

#include <cstdint>

#include "buildwatch/codearts/options.hpp"

namespace buildwatch::config {

/// watch::provider_options::credential. The store keeps it, so it has 16 bits only: a password guessed is confirmed by
/// them no more than by one in 65,535 wrong ones, and as few changes go unnoticed. 0: `none`, and `ecs`, whose keys
/// change by themselves.
[[nodiscard]] std::uint32_t credential_mark(codearts::auth const& of);

}  // namespace buildwatch::config

// Settings out of a draft that nothing is wrong with.
#pragma once

#include "config/draft.hpp"

namespace buildwatch::config {

[[nodiscard]] settings settle(draft d);

/// A job's own times over `defaults` over what is built in.
[[nodiscard]] watch::timing merged(some_times const& own, some_times const& defaults);

}  // namespace buildwatch::config

// Settings out of a draft that nothing is wrong with.
#pragma once

#include "config/draft.hpp"

namespace buildwatch::config {

[[nodiscard]] settings settle(draft d);

}  // namespace buildwatch::config

// Buckets of durations.
#pragma once

#include <cstddef>

#include "buildwatch/base/time.hpp"

namespace buildwatch::watch {

inline constexpr std::size_t bucket_count = 80;

/// Which bucket counts this one; the last takes all longer ones too. See bucket_end() of the loop.
[[nodiscard]] std::size_t bucket_of(base::duration d);

}  // namespace buildwatch::watch

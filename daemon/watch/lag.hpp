// Buckets of schedule lag.
#pragma once

#include <cstddef>

#include "buildwatch/base/time.hpp"

namespace buildwatch::watch {

inline constexpr std::size_t lag_bucket_count = 80;

/// Which bucket counts this lag; the last one takes all longer ones too. See lag_bucket_end() of the loop.
[[nodiscard]] std::size_t lag_bucket_of(base::duration lag);

}  // namespace buildwatch::watch

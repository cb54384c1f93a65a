// Made-up histories of jobs, the newest build first, always the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "buildwatch/forecast/past.hpp"

namespace buildwatch::forecast {

/// Numbers that look random: 0..1 of the i-th.
inline double scattered(std::uint32_t i) {
  std::uint32_t x = i * 2654435761U + 12345;
  x = (x ^ (x >> 15U)) * 2246822519U;
  x = (x ^ (x >> 13U)) * 3266489917U;
  return (x ^ (x >> 16U)) / 4294967296.0;
}

/// `count` builds that succeeded; `seconds(i)` is how long the i-th took, 0 being the newest.
inline std::vector<past_build> series(std::uint32_t count, std::function<double(std::uint32_t)> const& seconds) {
  std::vector<past_build> builds;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto const lasted = std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(seconds(i)));
    builds.push_back({count - i, lasted, model::outcome::success});
  }
  return builds;
}

/// Around `seconds`, 4 % up or down at most.
inline std::vector<past_build> steady(std::uint32_t count, double seconds = 600) {
  return series(count, [seconds](std::uint32_t i) { return seconds * (0.96 + 0.08 * scattered(i)); });
}

/// Every third build is full and takes ten times as long as the incremental ones.
inline std::vector<past_build> bimodal(std::uint32_t count = 60) {
  return series(count, [](std::uint32_t i) { return (i % 3 == 1 ? 1200 : 120) * (0.95 + 0.1 * scattered(i)); });
}

/// Five builds at a new level, four times the old one.
inline std::vector<past_build> jumped(std::uint32_t count = 60, std::uint32_t at_new_level = 5) {
  return series(count, [=](std::uint32_t i) { return (i < at_new_level ? 1200 : 300) * (0.96 + 0.08 * scattered(i)); });
}

/// Most take five minutes, a few many hours: some end when a person says so.
inline std::vector<past_build> long_tailed(std::uint32_t count = 80) {
  return series(count, [](std::uint32_t i) {
    return i % 10 == 7 ? 3600 * (1 + 20 * scattered(i)) : 300 * (0.9 + 0.2 * scattered(i));
  });
}

inline base::duration seconds(double s) {
  return std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(s));
}
inline double in_seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace buildwatch::forecast

#include "service/steady_wall.hpp"

#include <chrono>

#include "buildwatch/track/moments.hpp"

namespace buildwatch::service {
namespace {

constexpr auto no_step = std::chrono::milliseconds(50);

}  // namespace

base::wall_time steady_wall::of(base::time_point when, base::instant now) {
  auto const off = std::chrono::abs(track::wall_of(now.mono, seen_) - now.wall);
  if (off > no_step) seen_ = now;
  return track::wall_of(when, seen_);
}

}  // namespace buildwatch::service

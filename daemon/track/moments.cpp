#include "buildwatch/track/moments.hpp"

#include <algorithm>
#include <chrono>

namespace buildwatch::track {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest = std::chrono::duration_cast<milliseconds>(std::chrono::years(100));

}  // namespace

base::wall_time wall_of(base::time_point when, base::instant now) {
  return now.wall - std::chrono::duration_cast<milliseconds>(now.mono - when);
}

base::time_point moment_of(base::wall_time then, base::instant now) {
  if (then >= now.wall) return now.mono;
  // Compared before anything is subtracted: what a file says may lie further back than a duration can count.
  milliseconds const ago = then < now.wall - longest ? longest : now.wall - then;
  return now.mono - ago;
}

base::duration sensible(base::duration d, base::duration most) { return std::clamp(d, base::duration::zero(), most); }

}  // namespace buildwatch::track

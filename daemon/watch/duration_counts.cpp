#include <algorithm>
#include <array>
#include <cmath>

#include "buildwatch/watch/loop.hpp"
#include "watch/duration_counts.hpp"

namespace buildwatch::watch {
namespace {

constexpr double first_end = 100e3;  // nanoseconds

using table = std::array<base::duration, bucket_count>;

table const& ends() {
  static table const made = [] {
    table t{};
    for (std::size_t i = 0; i < t.size(); ++i) {
      t[i] = base::duration(std::llround(first_end * std::exp2(static_cast<double>(i) / 4)));
    }
    return t;
  }();
  return made;
}

}  // namespace

base::duration bucket_end(std::size_t bucket) { return ends().at(bucket); }

std::size_t bucket_of(base::duration d) {
  auto const at = std::upper_bound(ends().begin(), ends().end() - 1, d);
  return static_cast<std::size_t>(at - ends().begin());
}

void duration_counts::add(base::duration d) {
  ++buckets[bucket_of(d)];
  sum += std::max(d, base::duration::zero());
}

}  // namespace buildwatch::watch

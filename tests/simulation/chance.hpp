// Chance of one seed: the same seed, the same run, on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "buildwatch/base/time.hpp"

namespace buildwatch::simulation {

/// SplitMix64: small, fast, and the same everywhere, which the distributions of the standard library are not.
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x1234567ULL) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// 0..n-1; n above zero.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  /// In [0, 1).
  double even() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// In [low, high], by whole milliseconds.
  base::duration between(base::duration low, base::duration high) {
    using std::chrono::milliseconds;
    auto const span = static_cast<std::uint64_t>((high - low) / milliseconds(1)) + 1;
    return low + milliseconds(static_cast<std::int64_t>(below(span)));
  }
  template <class T, std::size_t N>
  T const& one_of(T const (&all)[N]) {
    return all[below(N)];
  }
  template <class List>
  auto& one_of(List& all) {
    return all[below(all.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace buildwatch::simulation

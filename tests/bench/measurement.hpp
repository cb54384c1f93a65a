// What a client of the benchmark used and did between two moments, in the one line of JSON it answers with.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace buildwatch::bench {

/// Counts of a client since its start.
struct counts {
  std::uint64_t polls = 0;  ///< answered
  std::uint64_t failed = 0;
};

/// From begin() to print(). What comes before (connecting, the first answers) is not counted.
class measurement {
 public:
  void begin(counts so_far) {
    counts_ = so_far;
    cpu_ = cpu_seconds();
    at_ = std::chrono::steady_clock::now();
  }

  void print(counts now) const {
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - at_;
    std::printf("{\"polls\": %llu, \"failed\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
                static_cast<unsigned long long>(now.polls - counts_.polls),
                static_cast<unsigned long long>(now.failed - counts_.failed), took.count(), cpu_seconds() - cpu_);
  }

 private:
  /// User and system time of this process.
  static double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  static double seconds(timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

  counts counts_;
  double cpu_ = 0;
  std::chrono::steady_clock::time_point at_;
};

}  // namespace buildwatch::bench

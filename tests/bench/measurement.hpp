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

/// Time, and user and system time of this process with all its threads, since begin().
class stopwatch {
 public:
  void begin() {
    cpu_ = cpu_so_far();
    at_ = std::chrono::steady_clock::now();
  }
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - at_).count();
  }
  [[nodiscard]] double cpu_seconds() const { return cpu_so_far() - cpu_; }

 private:
  static double cpu_so_far() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
  }
  static double in_seconds(timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

  double cpu_ = 0;
  std::chrono::steady_clock::time_point at_;
};

/// From begin() to print(). What comes before (connecting, the first answers) is not counted.
class measurement {
 public:
  void begin(counts so_far) {
    counts_ = so_far;
    since_.begin();
  }

  void print(counts now) const {
    std::printf("{\"polls\": %llu, \"failed\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
                static_cast<unsigned long long>(now.polls - counts_.polls),
                static_cast<unsigned long long>(now.failed - counts_.failed), since_.seconds(), since_.cpu_seconds());
  }

 private:
  counts counts_;
  stopwatch since_;
};

}  // namespace buildwatch::bench

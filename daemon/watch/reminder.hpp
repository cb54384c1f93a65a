// How often the log is told of a failure that lasts. Pure.
#pragma once

#include <chrono>

#include "buildwatch/base/time.hpp"
#include "buildwatch/track/build.hpp"

namespace buildwatch::watch {

/// A line when it begins, when its cause changes (so many times an hour: causes may alternate), and once an hour.
class reminder {
 public:
  static constexpr base::duration every = std::chrono::hours(1);
  static constexpr unsigned most_in_that = 10;

  /// `news`: the failure begins, or its cause has changed.
  [[nodiscard]] bool worth_a_line(bool news, base::time_point now) {
    if (since_ == track::never || now - since_ >= every) {
      since_ = now;
      lines_ = 1;
      return true;
    }
    if (!news || lines_ >= most_in_that) return false;
    ++lines_;
    return true;
  }

 private:
  base::time_point since_ = track::never;
  unsigned lines_ = 0;
};

}  // namespace buildwatch::watch

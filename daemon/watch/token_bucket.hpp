// The token bucket of one provider, in whole nanoseconds: exact however long it runs.
#pragma once

#include <algorithm>
#include <cmath>

#include "buildwatch/base/time.hpp"

namespace buildwatch::watch {

/// `rate` requests a second, bursts of one second's worth and at least one. Kept as the moment at which the bucket
/// would be full again (the generic cell rate algorithm, ITU-T I.371): no fractions of tokens that rounding could add
/// up.
class token_bucket {
 public:
  explicit token_bucket(double rate_per_second)
      : interval_(static_cast<base::duration::rep>(std::ceil(1e9 / rate_per_second))),
        slack_(std::max(base::duration::zero(), base::duration(std::chrono::seconds(1)) - interval_)) {}

  /// Another rate from now on. The tokens that are there stay, as far as they fit; more room is not filled at once.
  void change_rate(double rate_per_second, base::time_point now) {
    token_bucket next(rate_per_second);
    double const had =
        static_cast<double>((size() - std::min(missing(now), size())).count()) / static_cast<double>(interval_.count());
    auto const kept = static_cast<base::duration::rep>(had * static_cast<double>(next.interval_.count()));
    next.full_at_ = now + std::max(next.size() - base::duration(kept), base::duration::zero());
    *this = next;
  }

  /// When the next token is there; a moment in the past: now.
  [[nodiscard]] base::time_point next() const {
    return full_at_ == base::time_point::min() ? full_at_ : full_at_ - slack_;
  }

  bool take(base::time_point now) {
    if (next() > now) return false;
    full_at_ = std::max(full_at_, now) + interval_;
    return true;
  }

 private:
  // In time: how long it takes to fill it, and to fill what is missing.
  [[nodiscard]] base::duration size() const { return interval_ + slack_; }
  [[nodiscard]] base::duration missing(base::time_point now) const {
    return full_at_ > now ? full_at_ - now : base::duration::zero();
  }

  base::duration interval_;
  base::duration slack_;
  base::time_point full_at_ = base::time_point::min();
};

}  // namespace buildwatch::watch

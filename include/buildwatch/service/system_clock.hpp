// The real clock, and the one timer that wakes the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/time.hpp"

namespace buildwatch::service {

/// CLOCK_BOOTTIME (clock_gettime(2): monotonic, counts suspend) for intervals, CLOCK_REALTIME for stamps.
class system_clock final : public base::clock {
 public:
  [[nodiscard]] base::instant now() const override;
};

/// Runs `alarms` from one timerfd on CLOCK_BOOTTIME (timerfd_create(2)). Loop thread only.
class boot_timer final : public base::waker {
 public:
  /// Throws std::system_error where the kernel gives no timer.
  boot_timer(boost::asio::any_io_executor executor, base::clock const& clock);
  ~boot_timer() override;
  boot_timer(boot_timer const&) = delete;
  boot_timer& operator=(boot_timer const&) = delete;

  [[nodiscard]] base::alarms& alarms();
  void wake_at(base::time_point when) override;
  /// The loop no longer waits for it; nothing rings any more.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace buildwatch::service

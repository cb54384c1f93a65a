// What systemd is told of the daemon, and how it knows that the loop turns (sd_notify(3), sd_watchdog_enabled(3)).
#pragma once

#include <string>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/time.hpp"

namespace buildwatch::service {

/// Loop thread only. Without a service manager ($NOTIFY_SOCKET is unset) nothing happens.
class supervisor final : private base::alarm {
 public:
  /// Both outlive it.
  supervisor(base::clock const& clock, base::alarms& alarms);
  ~supervisor() override;

  /// READY=1. From now on the watchdog, where the unit has one, is fed by the loop three times in its period.
  void ready();
  /// STATUS=, one line for `systemctl status`.
  void status(std::string const& line);
  /// RELOADING=1; ready() ends it.
  void reloading();
  /// STOPPING=1. The watchdog is still fed: a stop that hangs ends by its own deadline, or by systemd's.
  void stopping();

 private:
  void ring(base::time_point now) override;
  void feed();

  base::clock const& clock_;
  base::alarms& alarms_;
  base::duration period_{};  ///< between two signs of life; zero: nobody watches
  std::string shown_;
};

}  // namespace buildwatch::service

#include "service/supervisor.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>

namespace buildwatch::service {
namespace {

void tell(std::string const& state) { static_cast<void>(::sd_notify(0, state.c_str())); }

// systemd wants the time of a reload on CLOCK_MONOTONIC (sd_notify(3), MONOTONIC_USEC).
std::uint64_t monotonic_usec() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

}  // namespace

supervisor::supervisor(base::clock const& clock, base::alarms& alarms) : clock_(clock), alarms_(alarms) {
  std::uint64_t usec = 0;
  if (::sd_watchdog_enabled(0, &usec) > 0) period_ = std::chrono::microseconds(usec) / 3;
}

supervisor::~supervisor() { alarms_.clear(*this); }

void supervisor::ready() {
  tell("READY=1");
  feed();
}

void supervisor::status(std::string const& line) {
  if (line == shown_) return;
  shown_ = line;
  tell("STATUS=" + line);
}

void supervisor::reloading() { tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_usec())); }

void supervisor::stopping() { tell("STOPPING=1"); }

void supervisor::ring(base::time_point) { feed(); }

void supervisor::feed() {
  if (period_ == base::duration::zero()) return;
  tell("WATCHDOG=1");
  alarms_.set(*this, clock_.now().mono + period_);
}

}  // namespace buildwatch::service

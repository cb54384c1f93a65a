// Stand-ins that tests of several rooms use: a clock set by hand, a log that remembers, a waker that does nothing.
#pragma once

#include <string>
#include <vector>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/base/time.hpp"

namespace buildwatch::testing {

class manual_clock final : public base::clock {
 public:
  [[nodiscard]] base::instant now() const override { return at; }
  void advance(base::duration by) {
    at.mono += by;
    at.wall += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }
  base::instant at{base::time_point{std::chrono::hours(1)},
                   base::wall_time{std::chrono::milliseconds(1'795'000'000'000)}};  // 2026-11-18T11:06:40Z
};

class remembered_log final : public base::log {
 public:
  [[nodiscard]] bool wants(base::log_level) const override { return true; }
  void write(base::log_event const& event) override { events.push_back(event); }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (auto const& e : events) all += std::string(e.id) + ": " + e.text + "\n";
    return all;
  }
  std::vector<base::log_event> events;
};

class idle_waker final : public base::waker {
 public:
  void wake_at(base::time_point when) override { asked = when; }
  base::time_point asked = base::time_point::max();
};

}  // namespace buildwatch::testing

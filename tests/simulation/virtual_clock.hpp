// Virtual time: what the world counts, and what the daemon's two clocks show of it.
#pragma once

#include "buildwatch/base/time.hpp"

namespace buildwatch::simulation {

class virtual_clock final : public base::clock {
 public:
  /// Since the beginning of the run. Never steps: the world and the oracle go by it.
  [[nodiscard]] base::duration elapsed() const { return elapsed_; }
  [[nodiscard]] base::instant now() const override { return {base::time_point(elapsed_ - booted_), wall()}; }
  [[nodiscard]] base::wall_time wall() const {
    return base::wall_time(std::chrono::floor<std::chrono::milliseconds>(elapsed_ + wall_offset_));
  }
  /// When the daemon's clock of intervals shows `t`.
  [[nodiscard]] base::duration elapsed_at(base::time_point t) const { return t.time_since_epoch() + booted_; }

  /// What a clock that nobody sets wrong shows `elapsed` after the beginning of the run.
  [[nodiscard]] static base::wall_time true_wall(base::duration elapsed) {
    return base::wall_time(std::chrono::floor<std::chrono::milliseconds>(elapsed + begin));
  }

  void advance_to(base::duration elapsed) { elapsed_ = elapsed > elapsed_ ? elapsed : elapsed_; }
  /// The machine starts anew: its clock of intervals begins near zero.
  void reboot() { booted_ = elapsed_ - std::chrono::seconds(5); }
  void step_wall(base::duration by) {
    wall_offset_ += by;
    ++wall_steps_;
  }
  [[nodiscard]] unsigned wall_steps() const { return wall_steps_; }

 private:
  static constexpr base::duration begin = std::chrono::milliseconds(1'795'000'000'000);
  base::duration elapsed_{};
  base::duration booted_ = -std::chrono::hours(1);
  base::duration wall_offset_ = begin;
  unsigned wall_steps_ = 0;
};

}  // namespace buildwatch::simulation

// Plays one seed: the daemon lives and dies in a world, by chance.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "buildwatch/store/database.hpp"
#include "simulation/life.hpp"
#include "simulation/place.hpp"
#include "simulation/run.hpp"

namespace buildwatch::simulation {

enum class happening : std::uint8_t { crash, stop, reload, wall_step, disk_fills, disk_slows, administrator };
inline constexpr std::size_t happenings = 7;

class player {
 public:
  player(std::uint64_t seed, bool verbose);

  outcome play();

 private:
  static constexpr base::duration never = base::duration::max();
  temper choose_temper();
  base::duration choose_absence();
  base::duration choose_length();
  bool open();
  void schedule(happening what);
  void leave();
  void happen();
  void happen(happening what);
  void crash();
  void reload();
  void step();
  void end_life();
  void begin_life();
  void rest_after(bool stopped);
  bool all_is_told();
  void play_chaos();
  void play_calm();
  void play_last_life();
  void pass(base::duration until);
  [[nodiscard]] base::duration next_happening() const;
  outcome result() const;

  chance luck_;
  virtual_clock clock_;
  chronicle told_;
  temper how_;
  base::duration leaves_;  ///< when the daemon is stopped for long
  base::duration away_;    ///< so long
  base::duration back_ = base::duration::zero();
  base::duration calm_from_;
  world truth_;
  oracle knows_;
  editor editor_;
  place place_;
  std::size_t window_;
  std::unique_ptr<store::database> file_;
  disk_weather weather_;
  std::optional<outside> outside_;
  setup setup_;
  std::unique_ptr<life> life_;
  std::array<base::duration, happenings> due_{};
  std::uint64_t polls_ = 0, crashes_ = 0, stops_ = 0, reloads_ = 0;
};

}  // namespace buildwatch::simulation

#include "simulation/player.hpp"

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

}  // namespace

player::player(std::uint64_t seed, bool verbose)
    : luck_(seed),
      told_(clock_, verbose, luck_.one_in(20)),
      how_(choose_temper()),
      leaves_(luck_.one_in(4) ? luck_.between(3min, 20min) : never),
      away_(leaves_ == never ? base::duration::zero() : choose_absence()),
      calm_from_(choose_length()),
      truth_(luck_, clock_, how_, calm_from_),
      knows_(clock_, told_, truth_),
      editor_(luck_),
      place_(luck_),
      window_(luck_.one_in(2) ? 4 + luck_.below(luck_.one_in(2) ? 2 : 12) : notify::queue::default_window) {}

temper player::choose_temper() {
  temper t;
  t.poll_faults = !luck_.one_in(5);
  t.receiver_faults = !luck_.one_in(5);
  t.store_faults = luck_.one_in(2);
  t.crashes = luck_.one_in(2);
  t.stops = luck_.one_in(2);
  t.reloads = luck_.one_in(2);
  t.wall_steps = luck_.one_in(4);
  return t;
}

base::duration player::choose_absence() { return luck_.one_in(3) ? luck_.between(12h, 96h) : luck_.between(1h, 12h); }

base::duration player::choose_length() {
  if (luck_.one_in(500)) return away_ + luck_.between(6h, 30h);
  return away_ + (luck_.one_in(20) ? luck_.between(1h, 3h) : luck_.between(6min, 25min));
}

bool player::open() {
  file_.reset();
  auto opened = place_.open();
  if (!opened) {
    told_.fail("the database cannot be opened: " + opened.error().text);
    return false;
  }
  file_ = std::move(*opened);
  outside_.emplace(outside{clock_, luck_, truth_, knows_, *file_, weather_, window_});
  return true;
}

void player::schedule(happening what) {
  bool const on[happenings] = {how_.crashes,      how_.stops,        how_.reloads,    how_.wall_steps,
                               how_.store_faults, how_.store_faults, place_.on_file()};
  auto const i = static_cast<std::size_t>(what);
  bool const often = luck_.one_in(4) || what == happening::administrator;
  due_[i] = on[i] ? clock_.elapsed() + luck_.between(1s, often ? 2min : 20min) : never;
  if (due_[i] >= calm_from_) due_[i] = never;
}

/// The machine is switched off for hours, or days.
void player::leave() {
  told_.tell("leave");
  leaves_ = never;
  back_ = clock_.elapsed() + away_;
  if (life_ && !life_->stopping()) life_->stop();
}

void player::happen() {
  if (leaves_ <= clock_.elapsed()) leave();
  for (std::size_t i = 0; i < happenings; ++i) {
    if (due_[i] > clock_.elapsed()) continue;
    schedule(static_cast<happening>(i));
    happen(static_cast<happening>(i));
  }
}

void player::happen(happening what) {
  switch (what) {
    case happening::crash: crash(); break;
    case happening::stop:
      if (life_ && !life_->stopping()) told_.tell("stop"), life_->stop();
      break;
    case happening::reload: reload(); break;
    case happening::wall_step: {
      base::duration const by = luck_.one_in(2) ? luck_.between(-3h, 3h) : luck_.between(-90s, 90s);
      told_.tell("wall clock steps", by.count());
      clock_.step_wall(by);
      break;
    }
    case happening::disk_fills:
      told_.tell("disk fills");
      weather_.full_until = std::min(clock_.elapsed() + luck_.between(100ms, luck_.one_in(2) ? 5s : 6min), calm_from_);
      weather_.flaky = luck_.one_in(3);
      break;
    case happening::disk_slows: weather_.slow = !weather_.slow; break;
    case happening::administrator: place_.administer(luck_, clock_, knows_); break;
  }
}

/// At once, at the next commit, or some handlers later.
void player::crash() {
  if (!life_) return;
  told_.tell("crash");
  switch (luck_.below(4)) {
    case 0: weather_.next_commit = disk_weather::fate::crash_before; break;
    case 1: weather_.next_commit = disk_weather::fate::crash_after; break;
    default: life_->crash_after(1 + luck_.below(30)); break;
  }
}

void player::reload() {
  if (!life_ || life_->reloading() || life_->stopping()) return;
  setup fresh = life_->now();
  editor_.edit(fresh);
  told_.tell("reload", fresh.jobs.size(), fresh.sinks.size());
  ++reloads_;
  life_->reload(std::move(fresh));
}

void player::begin_life() {
  told_.tell("life begins");
  life_ = std::make_unique<life>(*outside_, setup_);
}

void player::end_life() {
  setup_ = life_->now();
  polls_ += life_->polls();
  life_.reset();
  told_.tell("life ends");
}

void player::rest_after(bool stopped) {
  ++(stopped ? stops_ : crashes_);
  end_life();
  weather_.next_commit = disk_weather::fate::none;
  bool const soon = luck_.one_in(2) || truth_.calm();
  if (luck_.one_in(3) && how_.reloads && !truth_.calm()) editor_.edit(setup_);
  pass(std::max(back_, clock_.elapsed() + (soon ? luck_.between(0s, 2s) : luck_.between(1s, 15min))));
  if (luck_.one_in(4)) clock_.reboot();
  if (place_.on_file() && !open()) return;
  begin_life();
}

base::duration player::next_happening() const { return std::min(leaves_, *std::ranges::min_element(due_)); }

/// Nobody is running.
void player::pass(base::duration until) {
  for (;;) {
    base::duration const next = next_happening();
    if (next > until) break;
    clock_.advance_to(next);
    happen();
    until = std::max(until, back_);
  }
  clock_.advance_to(until);
}

/// One moment after the other.
void player::step() {
  life_->turn();
  if (life_->dead() || life_->stopped()) return rest_after(!life_->dead());
  base::duration next = next_happening();
  if (auto const due = life_->next()) next = std::min(next, *due);
  clock_.advance_to(next);
  happen();
  life_->ring();
}

}  // namespace buildwatch::simulation

#include "simulation/run.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "buildwatch/store/database.hpp"
#include "simulation/life.hpp"
#include "simulation/place.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

enum class happening : std::uint8_t { crash, stop, reload, wall_step, disk_fills, disk_slows, administrator };
constexpr std::size_t happenings = 7;
constexpr base::duration never = base::duration::max();

class player {
 public:
  player(std::uint64_t seed, bool verbose)
      : luck_(seed),
        told_(clock_, verbose, luck_.one_in(20)),
        how_(choose_temper()),
        calm_from_(choose_length()),
        truth_(luck_, clock_, how_, calm_from_),
        knows_(clock_, told_),
        editor_(luck_),
        place_(luck_),
        window_(luck_.one_in(2) ? 4 + luck_.below(luck_.one_in(2) ? 2 : 12) : notify::queue::default_window) {}

  outcome play();

 private:
  temper choose_temper();
  base::duration choose_length();
  bool open();
  void schedule(happening what);
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
  outcome result() const;

  chance luck_;
  virtual_clock clock_;
  chronicle told_;
  temper how_;
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

base::duration player::choose_length() {
  if (luck_.one_in(200)) return luck_.between(6h, 30h);
  return luck_.one_in(6) ? luck_.between(1h, 3h) : luck_.between(10min, 50min);
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

void player::happen() {
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
  pass(clock_.elapsed() + (soon ? luck_.between(0s, 2s) : luck_.between(1s, 15min)));
  if (luck_.one_in(4)) clock_.reboot();
  if (place_.on_file() && !open()) return;
  begin_life();
}

/// Nobody is running.
void player::pass(base::duration until) {
  for (;;) {
    base::duration const next = *std::ranges::min_element(due_);
    if (next > until) break;
    clock_.advance_to(next);
    happen();
  }
  clock_.advance_to(until);
}

/// One moment after the other.
void player::step() {
  life_->turn();
  if (life_->dead() || life_->stopped()) return rest_after(!life_->dead());
  base::duration next = *std::ranges::min_element(due_);
  if (auto const due = life_->next()) next = std::min(next, *due);
  clock_.advance_to(next);
  happen();
  life_->ring();
}

void player::play_chaos() {
  for (std::size_t i = 0; i < happenings; ++i) schedule(static_cast<happening>(i));
  while (!told_.failed() && !truth_.calm()) step();
}

bool player::all_is_told() {
  return life_ && !life_->reloading() && !life_->stopping() &&
         knows_.transitions.missing(life_->now(), truth_).empty() && knows_.deliveries.missing().empty();
}

/// Nothing fails any more: what was held up must come.
void player::play_calm() {
  due_.fill(never);
  weather_ = {};
  base::duration const patience = clock_.elapsed() + 10 * 24h;
  base::duration const enough = clock_.elapsed() + 1min;
  std::uint64_t steps = 0;
  while (!told_.failed() && clock_.elapsed() < patience) {
    step();
    if (clock_.elapsed() > enough && ++steps % 64 == 0 && all_is_told()) return;
  }
  if (told_.failed()) return;
  std::string what = knows_.transitions.missing(life_->now(), truth_);
  if (what.empty()) what = knows_.deliveries.missing();
  told_.fail(what.empty() ? "it does not come to rest" : what);
}

/// A restart repeats nothing (the oracle hears every try), and leaves nothing.
void player::play_last_life() {
  told_.tell("last life");
  life_->stop();
  base::duration const enough = clock_.elapsed() + 10s;
  base::duration const patience = clock_.elapsed() + 10min;
  while (!told_.failed() && clock_.elapsed() < patience) {
    step();
    if (clock_.elapsed() > enough && knows_.deliveries.waiting() == 0) break;
  }
  if (told_.failed()) return;
  told_.expect(knows_.deliveries.waiting() == 0, "what removed sinks were owed waits still");
  told_.expect(file_->owing().empty(), "something waits in the outbox that nobody is owed");
  if (place_.on_file()) place_.compare(knows_);
}

outcome player::play() {
  told_.tell("begin");
  weather_.slow = how_.store_faults && luck_.one_in(2);
  if (open()) {
    setup_ = editor_.first();
    begin_life();
    play_chaos();
    if (!told_.failed()) play_calm();
    if (!told_.failed()) play_last_life();
    if (life_) end_life();
  }
  return result();
}

outcome player::result() const {
  outcome o;
  o.failure = told_.failure();
  o.hash = told_.hash();
  o.simulated = clock_.elapsed();
  o.polls = polls_;
  o.transitions = knows_.transitions.count();
  o.deliveries = knows_.deliveries.count();
  o.repeated = knows_.deliveries.repeated();
  o.dead = knows_.deliveries.dead();
  o.crashes = crashes_;
  o.stops = stops_;
  o.reloads = reloads_;
  return o;
}

}  // namespace

outcome run(std::uint64_t seed, bool verbose) { return player(seed, verbose).play(); }

}  // namespace buildwatch::simulation

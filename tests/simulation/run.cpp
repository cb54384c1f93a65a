#include "simulation/run.hpp"

#include "simulation/player.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

}  // namespace

void player::play_chaos() {
  for (std::size_t i = 0; i < happenings; ++i) schedule(static_cast<happening>(i));
  while (!told_.failed() && !truth_.calm()) step();
}

bool player::all_is_told() {
  return life_ && !life_->reloading() && !life_->stopping() && knows_.missing(life_->now()).empty();
}

/// Nothing fails any more: what was held up must come.
void player::play_calm() {
  due_.fill(never);
  leaves_ = never;
  weather_ = {};
  base::duration const patience = clock_.elapsed() + 10 * 24h;
  base::duration const enough = clock_.elapsed() + 1min;
  std::uint64_t steps = 0;
  bool reloaded = false;
  while (!told_.failed() && clock_.elapsed() < patience) {
    step();
    // Calls that were refused are made again, not only a day later.
    if (!reloaded && life_ && !life_->reloading() && !life_->stopping()) {
      reloaded = true;
      life_->reload(life_->now());
    }
    if (clock_.elapsed() > enough && ++steps % 64 == 0 && all_is_told()) return;
  }
  if (told_.failed()) return;
  std::string const what = knows_.missing(life_->now());
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
  if (place_.forgets_builds()) knows_.following.store_forgets();
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

outcome run(std::uint64_t seed, bool verbose) { return player(seed, verbose).play(); }

}  // namespace buildwatch::simulation

// What receivers see, and what an administrator does to what waits.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/deliveries.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using notify::verdict;

constexpr base::duration rounding = 2ms;  // stamps are stored in whole milliseconds

bool is_fallback(std::string_view webhook_id) { return webhook_id.ends_with("-fb"); }

}  // namespace

// ---- an administrator ----

std::vector<std::string> deliveries::some(chance& luck) const {
  std::vector<std::string> names;
  for (auto n = 1 + luck.below(3); n > 0 && !facts_.empty(); --n) {
    auto const at = facts_.lower_bound(1 + luck.below(facts_.rbegin()->first));
    names.push_back(luck.one_in(3) ? at->second.event->id : std::to_string(at->first));
  }
  return names;
}

void deliveries::edited(std::vector<store::receipt> const& changed, bool dropped) {
  for (store::receipt const& r : changed) {
    fact& f = facts_.at(r.number);
    if (f.stored == state::delivered || f.stored == state::dropped) fail(f, "an administrator changes what is done");
    f.edited = true;
    f.edited_at = clock_.elapsed();
    f.stored = dropped ? state::dropped : state::waiting;
    f.tries_stored = 0;
    if (dropped) {
      waiting_.erase(r.number);
      continue;
    }
    waiting_.insert(r.number);
    sink_facts& s = sinks_[f.sink];
    s.paused = false;
    s.quiet_until = {};
    s.ragged = true;
    for (auto const n : waiting_) {
      if (facts_.at(n).sink == f.sink) facts_.at(n).not_before = {};
    }
  }
}

/// Five seconds are the daemon's to see what others have changed, and more while the store fails.
bool deliveries::may_not_know(fact const& f) const {
  return clock_.elapsed() - f.edited_at <= 5s || store_failed_at_ >= f.edited_at;
}

void deliveries::compare(model::event const& e, store::receipt const& r) const {
  auto const at = facts_.find(r.number);
  if (at == facts_.end()) return told_.fail(e.id + ": history tells of a delivery that never was");
  fact const& f = at->second;
  if (f.sink != r.sink || f.webhook_id != r.webhook_id || f.event->id != e.id) fail(f, "history takes it for another");
  static constexpr std::pair<state, store::standing> same[] = {{state::waiting, store::standing::waiting},
                                                               {state::delivered, store::standing::delivered},
                                                               {state::dead, store::standing::dead},
                                                               {state::dropped, store::standing::dropped}};
  for (auto const& [known, told] : same) {
    if (f.stored == known && r.standing != told) fail(f, "history tells another end of it");
  }
}

// ---- the receivers ----

unsigned deliveries::lane_of(std::string const& sink) const {
  auto const at = sinks_.find(sink);
  return at == sinks_.end() ? 0 : at->second.lane;
}

void deliveries::check_start(fact const& f, notify::delivery_number number, sink_facts const& s,
                             notify::delivery const& what, unsigned lane) const {
  if (what.event.id != f.event->id || what.event.sequence != f.event->sequence) fail(f, "another event is sent");
  if (f.stored == state::delivered) fail(f, "it is sent again, and was recorded as delivered");
  if (f.stored == state::dead) fail(f, "it is sent, and was recorded as dead");
  if (f.stored == state::dropped && !may_not_know(f)) fail(f, "it is sent, and was dropped");
  if (f.in_flight) fail(f, "it is tried twice at once");
  if (f.taken) fail(f, "it is sent again, and its receiver had taken it");
  if (clock_.elapsed() + rounding < f.not_before && clock_.wall_steps() == 0 && !f.edited)
    fail(f, "it is tried before its time");
  if (lane != s.lane) return fail(f, "its sink was removed");
  if (s.edition == f.edition && !f.edited && f.tries > s.how.retry.size())
    fail(f, "it is tried more often than its schedule says");
  if (s.in_flight.size() >= s.how.concurrency) fail(f, "more are tried at once than `concurrency` says");
  if (s.paused && !s.in_flight.empty()) fail(f, "its sink pauses, and another is being tried");
  if (s.paused && clock_.elapsed() + rounding < s.quiet_until) fail(f, "its sink asked to be left alone");
  if (s.gone) fail(f, "its sink wants nothing more");
  for (auto const n : s.in_flight) {
    if (facts_.at(n).lane_key == f.lane_key) fail(f, "two of one job are tried at once");
  }
  auto const newest = s.newest.find(f.lane_key);
  bool const in_order = newest == s.newest.end() || newest->second < number;
  if (f.tries == 0 && !is_fallback(f.webhook_id) && !in_order && !s.ragged && !f.edited && clock_.wall_steps() == 0)
    fail(f, "it is out of order");
}

void deliveries::begins(std::string const& sink, unsigned lane, notify::delivery const& what) {
  told_.tell("try", sink, what.webhook_id);
  ++tries_;
  auto const at = by_name_.find({sink, what.webhook_id});
  if (at == by_name_.end()) {
    told_.fail(what.webhook_id + " is sent to " + sink + ", and was never stored as owed to it");
    return;
  }
  fact& f = facts_.at(at->second);
  sink_facts& s = sinks_[sink];
  check_start(f, at->second, s, what, lane);
  f.in_flight = true;
  f.lane = lane;
  if (lane != s.lane) return;
  s.in_flight.insert(at->second);
  if (is_fallback(f.webhook_id)) return;  // something has failed: it comes late
  auto& newest = s.newest[f.lane_key];
  newest = std::max(newest, at->second);
}

void deliveries::received(std::string const& sink, std::string const& webhook_id) {
  fact* const f = find(sink, webhook_id);
  if (f != nullptr && f->got++ > 0) ++repeated_;
}

void deliveries::ended(std::string const& sink, std::string const& webhook_id, notify::attempt const& result) {
  told_.tell("try ended", sink, webhook_id, result.answer);
  auto const at = by_name_.find({sink, webhook_id});
  if (at == by_name_.end()) return;
  fact& f = facts_.at(at->second);
  sink_facts& s = sinks_[sink];
  f.in_flight = false;
  bool const here = f.lane == s.lane;
  if (here) s.in_flight.erase(at->second);
  if (result.verdict != verdict::delivered && here) s.ragged = true;
  if (result.verdict == verdict::stopped) return;
  ++f.tries;
  if (result.verdict == verdict::delivered) {
    f.taken = true;
    if (!here) return;
    s.paused = false;  // it may have been paused since an earlier life, too
    s.quiet_until = {};
    for (auto const n : waiting_) {
      fact& other = facts_.at(n);
      if (other.sink == sink && std::exchange(other.hit_by_pause, false)) other.not_before = {};
    }
    return;
  }
  if (!here) return;
  if (result.verdict == verdict::gone) s.gone = s.was_gone = true;
  bool const pauses = result.verdict == verdict::retry_paused && s.how.pauses && !s.how.retry.empty();
  base::duration const asked = std::min<base::duration>(result.retry_after.value_or(0s), 24h);
  if (pauses) {
    s.paused = true;
    s.quiet_until = std::max(s.quiet_until, clock_.elapsed() + asked);
  }
  f.hit_by_pause = pauses;
  if (f.tries > s.how.retry.size()) return;
  f.not_before = clock_.elapsed() + std::max(s.how.retry[f.tries - 1] * 8 / 10, asked);
}

std::string deliveries::missing() const {
  for (auto const n : waiting_) {
    fact const& f = facts_.at(n);
    if (sinks_.at(f.sink).there) return fmt::format("{} was never delivered to {}", f.webhook_id, f.sink);
  }
  return {};
}

}  // namespace buildwatch::simulation

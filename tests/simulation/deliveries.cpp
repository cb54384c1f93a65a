#include "simulation/deliveries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "simulation/matching.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

std::string lane_key_of(model::event const& e) { return e.job ? e.provider + "/" + e.job->job_id : e.provider; }

base::duration sum_of(notify::retry_schedule const& all) {
  return std::accumulate(all.begin(), all.end(), base::duration::zero());
}

}  // namespace

void deliveries::fail(fact const& f, std::string_view why) const {
  told_.fail(fmt::format("{} ({}) to {}: {}", f.webhook_id, to_string(f.event->type), f.sink, why));
}

deliveries::fact* deliveries::find(std::string const& sink, std::string const& webhook_id) {
  auto const at = by_name_.find({sink, webhook_id});
  return at == by_name_.end() ? nullptr : &facts_.at(at->second);
}

// ---- the daemon's life ----

/// A sink in a new lane: nothing of an earlier one is going on.
void deliveries::there_is(sink_setup const& given) {
  sink_facts& sink = sinks_[given.how.name];
  unsigned const lane = sink.lane + 1;
  unsigned const edition = sink.edition + (sink.how == given.how ? 0 : 1);
  sink = {};
  sink.there = true;
  sink.lane = lane;
  sink.edition = edition;
  sink.how = given.how;
  sink.revision = given.revision;
  sink.fallbacks.insert(given.how.fallback);
}

void deliveries::life_begins(setup const& s) {
  for (auto& [name, sink] : sinks_) sink.there = false;
  for (sink_setup const& given : s.sinks) there_is(given);
  now_ = s;
  life_began_ = clock_.elapsed();
}

void deliveries::life_ends() {
  for (auto const n : waiting_) {
    fact& f = facts_.at(n);
    if (f.in_flight || f.taken || f.tries != f.tries_stored) f.not_before = {};
    f.in_flight = f.taken = false;
    f.tries = f.tries_stored;
  }
}

void deliveries::reloaded(setup const& now) {
  for (auto& [name, sink] : sinks_) sink.there = sink.there && now.sink(name) != nullptr;
  for (sink_setup const& given : now.sinks) {
    sink_facts& sink = sinks_[given.how.name];
    if (!sink.there) {
      there_is(given);
      continue;
    }
    sink.ragged = true;
    bool const edited = sink.how != given.how;
    if (!edited && sink.revision == given.revision && !sink.gone) continue;
    sink.paused = sink.gone = false;
    sink.quiet_until = {};
    sink.how = given.how;
    sink.revision = given.revision;
    sink.fallbacks.insert(given.how.fallback);
    if (edited) ++sink.edition;
    for (auto const n : waiting_) {
      fact& f = facts_.at(n);
      if (f.sink == given.how.name && (edited || f.hit_by_pause)) f.not_before = {};
    }
  }
  now_ = now;
}

// ---- the store ----

void deliveries::asked_for(store::entry const& wanted) const {
  std::set<std::string> claimed;
  for (store::claim const& c : wanted.owed) claimed.insert(c.sink);
  if (claimed != sinks_owed(now_, wanted.what.event)) {
    told_.fail(
        fmt::format("{}: it is owed to others than the rules say ({})", wanted.what.event.id, fmt::join(claimed, " ")));
  }
}

void deliveries::created(notify::created const& made, bool fallback) {
  fact f;
  f.sink = made.sink;
  f.webhook_id = made.delivery.webhook_id;
  f.event = made.delivery.event;
  f.lane_key = lane_key_of(*f.event);
  f.added = clock_.elapsed() - std::max<base::duration>(clock_.wall() - made.delivery.added, 0s);
  f.edition = sinks_[made.sink].edition;
  if (f.webhook_id != f.event->id + (fallback ? "-fb" : "")) fail(f, "its webhook-id is another's");
  if (fallback && !f.event->reason) fail(f, "its reason does not say why it falls back");
  if (!owed_[f.event->id].insert(f.sink).second) fail(f, "this sink was owed it before");
  if (!by_name_.emplace(owed_name{f.sink, f.webhook_id}, made.delivery.number).second) fail(f, "it is owed twice");
  if (!facts_.emplace(made.delivery.number, f).second) fail(f, "its number is another's");
  waiting_.insert(made.delivery.number);
}

void deliveries::added(store::entry const& wanted, store::stored const& made) {
  if (made.known) {
    told_.expect(made.owed.empty(), "what was stored before is owed anew");
    return;
  }
  told_.expect(made.event->sequence == ++sequence_, "a sequence is left out, or given twice");
  told_.expect(made.event->id == wanted.what.event.id, "the event stored is another");
  told_.expect(made.owed.size() == wanted.owed.size(), "not all that is owed was stored");
  for (notify::created const& c : made.owed) created(c, false);
}

void deliveries::take(notify::changes const& of, notify::change const& c) {
  auto const at = facts_.find(c.number);
  if (at == facts_.end() || at->second.sink != of.sink) {
    told_.fail(fmt::format("{}: there is no delivery {}", of.sink, c.number));
    return;
  }
  fact& f = at->second;
  if (f.stored != state::waiting) return;  // buried meanwhile
  switch (c.fate) {
    case notify::fate::delivered:
      if (!f.taken) fail(f, "it is recorded as delivered, and its receiver has not said so");
      f.stored = state::delivered;
      ++delivered_;
      break;
    case notify::fate::retry:
      if (f.taken && c.tries == f.tries && !f.edited) fail(f, "it is recorded for another try, and was delivered");
      f.tries_stored = c.tries;
      return;
    case notify::fate::dead:
      if (f.taken) fail(f, "it is recorded as dead, and was delivered");
      if (!reason_holds(f, c)) fail(f, "it is dead, which is not so: " + c.why);
      f.stored = state::dead;
      ++dead_;
      break;
  }
  waiting_.erase(c.number);
}

bool deliveries::reason_holds(fact const& f, notify::change const& c) const {
  sink_facts const& sink = sinks_.at(f.sink);
  if (!sink.there || sink.edition != f.edition || f.edited) return true;
  if (c.why.starts_with("as the sink is disabled")) return sink.was_gone;
  if (c.why.starts_with("after it had waited")) {
    bool const long_enough = clock_.elapsed() - f.added + 1min >= sum_of(sink.how.retry);
    return sink.how.pauses && !sink.how.retry.empty() && (long_enough || clock_.wall_steps() > 0);
  }
  return c.why.starts_with("after ") && c.tries == f.tries && c.tries > sink.how.retry.size();
}

/// What was known when a change was asked for may have been edited since.
bool deliveries::falls_back_to(std::string const& sink, std::string const& fallback) const {
  auto const at = sinks_.find(sink);
  if (at == sinks_.end() || !at->second.there) return true;
  return at->second.fallbacks.size() > 1 ? at->second.fallbacks.contains(fallback)
                                         : at->second.how.fallback == fallback;
}

/// It is done with. If it had waited for long, its sink's fallback was owed it.
void deliveries::check_fallback(fact const& f) const {
  constexpr base::duration looking = 10s;
  sink_facts const& s = sinks_.at(f.sink);
  if (!s.there || s.how.fallback.empty() || s.edition != f.edition || f.edited) return;
  if (clock_.wall_steps() > 0 || store_failed_at_ >= f.added) return;
  if (clock_.elapsed() <= std::max(f.added + s.how.fallback_after, life_began_) + looking) return;
  if (!owed_.at(f.event->id).contains(s.how.fallback)) fail(f, "it waited for long, and did not fall back");
}

void deliveries::recorded(notify::changes const& what, std::vector<notify::created> const& made) {
  std::set<std::string> fall;
  for (notify::change const& c : what.deliveries) {
    auto const at = facts_.find(c.number);
    bool const waits = at != facts_.end() && at->second.stored == state::waiting;
    if (waits && c.fate == notify::fate::delivered) check_fallback(at->second);
    if (waits && c.fate == notify::fate::dead && !falls_back_to(what.sink, what.fallback)) {
      fail(at->second, "it is dead, and falls back to another than it should");
    }
    take(what, c);
    if (!waits || c.fate != notify::fate::dead || what.fallback.empty()) continue;
    if (!owed_[at->second.event->id].contains(what.fallback)) fall.insert(at->second.event->id);
  }
  std::set<std::string> fell;
  for (notify::created const& c : made) fell.insert(c.delivery.event->id);
  told_.expect(fall == fell, "what is dead falls back otherwise than it should");
  for (notify::created const& c : made) created(c, true);
}

void deliveries::asked_to_bury(notify::burial const& what) const {
  auto const at = sinks_.find(what.sink);
  if (!falls_back_to(what.sink, what.fallback)) told_.fail(what.sink + ": what is buried falls back to another");
  if (at == sinks_.end() || !at->second.there || at->second.gone) return;
  told_.fail(what.sink + ": what it is owed is buried, and it is neither removed nor gone");
}

void deliveries::buried(notify::burial const& what, notify::buried const& result) {
  std::set<std::string> fall;
  for (notify::owed const& o : result.dead) {
    fact& f = facts_.at(o.number);
    if (f.sink != what.sink || f.stored != state::waiting) fail(f, "it is buried, and does not wait there");
    if (f.in_flight && f.lane == lane_of(f.sink)) fail(f, "it is buried while it is tried");
    f.stored = state::dead;
    ++dead_;
    waiting_.erase(o.number);
    if (!what.fallback.empty() && !owed_[f.event->id].contains(what.fallback)) fall.insert(f.event->id);
  }
  std::set<std::string> fell;
  for (notify::created const& c : result.made) fell.insert(c.delivery.event->id);
  told_.expect(fall == fell, "what is buried falls back otherwise than it should");
  for (notify::created const& c : result.made) created(c, true);
}

void deliveries::fell_back(notify::overdue const& what, notify::fallen_back const& result) {
  for (notify::created const& c : result.made) {
    std::string const& id = c.delivery.event->id;
    fact const* of = find(what.sink, id);
    if (of == nullptr) of = find(what.sink, id + "-fb");
    told_.expect(of != nullptr && of->stored == state::waiting, id + ": falls back, and did not wait");
    created(c, true);
  }
}

}  // namespace buildwatch::simulation

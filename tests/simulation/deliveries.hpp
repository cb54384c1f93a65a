// The oracle of deliveries: to whom each event is owed, what the receivers got, and what became of it in the store.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/notify/ports.hpp"
#include "buildwatch/store/database.hpp"
#include "buildwatch/store/reader.hpp"
#include "simulation/chance.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/setup.hpp"

namespace buildwatch::simulation {

class deliveries {
 public:
  deliveries(virtual_clock const& clock, chronicle& told) : clock_(clock), told_(told) {}

  // The life of the daemon.
  void life_begins(setup const& s);
  void life_ends();
  void reloaded(setup const& now);

  // The store. `asked_for` checks what the daemon wants, the others take in what was committed.
  void asked_for(store::entry const& wanted) const;
  void added(store::entry const& wanted, store::stored const& made);
  void recorded(notify::changes const& what, std::vector<notify::created> const& made);
  void asked_to_bury(notify::burial const& what) const;
  void buried(notify::burial const& what, notify::buried const& result);
  void fell_back(notify::overdue const& what, notify::fallen_back const& result);
  /// A commit or a read has failed, or takes long.
  void store_failed() { store_failed_at_ = clock_.elapsed(); }

  // An administrator: what may be named, what was changed, what a reader sees in the end.
  [[nodiscard]] std::vector<std::string> some(chance& luck) const;
  void edited(std::vector<store::receipt> const& changed, bool dropped);
  void compare(model::event const& e, store::receipt const& r) const;

  // The receivers. `lane` tells a sink from one of the same name before it was removed and added again.
  [[nodiscard]] unsigned lane_of(std::string const& sink) const;
  void begins(std::string const& sink, unsigned lane, notify::delivery const& what);
  void received(std::string const& sink, std::string const& webhook_id);
  void ended(std::string const& sink, std::string const& webhook_id, notify::attempt const& result);

  /// What has not reached its receiver yet; empty: nothing.
  [[nodiscard]] std::string missing() const;
  [[nodiscard]] std::uint64_t count() const { return delivered_; }
  [[nodiscard]] std::uint64_t dead() const { return dead_; }
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  [[nodiscard]] std::uint64_t tries() const { return tries_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  enum class state : std::uint8_t { waiting, delivered, dead, dropped };
  struct fact {
    std::string sink, webhook_id, lane_key;
    std::shared_ptr<model::event const> event;
    state stored = state::waiting;
    base::duration added{};
    unsigned edition = 0;  ///< of its sink's settings, when it was made
    unsigned tries = 0, tries_stored = 0;
    unsigned got = 0;  ///< how often its receiver has got it
    bool in_flight = false;
    unsigned lane = 0;    ///< in flight: of the sink
    bool taken = false;   ///< in this life a try ended as delivered
    bool edited = false;  ///< by an administrator: its schedule began anew at some moment
    base::duration edited_at{};
    bool hit_by_pause = false;
    base::duration not_before{};  ///< of the next try, in this life
  };
  struct sink_facts {
    bool there = false;
    unsigned lane = 0;
    notify::delivery_options how;
    unsigned edition = 0;  ///< of its settings
    unsigned revision = 0;
    std::set<std::string> fallbacks;  ///< that it has had in this life
    bool paused = false;              ///< in this life
    bool gone = false;
    bool was_gone = false;  ///< in this life
    base::duration quiet_until{};
    std::set<notify::delivery_number> in_flight;
    std::map<std::string, notify::delivery_number> newest;  ///< of each job, first tries alone
    bool ragged = false;                                    ///< something failed, so that order is not kept
  };
  void there_is(sink_setup const& given);
  using owed_name = std::pair<std::string, std::string>;  ///< sink, webhook-id

  [[nodiscard]] fact* find(std::string const& sink, std::string const& webhook_id);
  void created(notify::created const& made, bool fallback);
  void take(notify::changes const& of, notify::change const& c);
  void check_fallback(fact const& f) const;
  [[nodiscard]] bool falls_back_to(std::string const& sink, std::string const& fallback) const;
  [[nodiscard]] bool may_not_know(fact const& f) const;
  [[nodiscard]] bool reason_holds(fact const& f, notify::change const& c) const;
  void check_start(fact const& f, notify::delivery_number number, sink_facts const& s, notify::delivery const& what,
                   unsigned lane) const;
  void fail(fact const& f, std::string_view why) const;

  virtual_clock const& clock_;
  chronicle& told_;
  setup now_;
  std::map<notify::delivery_number, fact> facts_;
  std::map<owed_name, notify::delivery_number> by_name_;
  std::map<std::string, std::set<std::string>> owed_;  ///< by event id: sinks that were ever owed it
  std::set<notify::delivery_number> waiting_;
  std::map<std::string, sink_facts> sinks_;
  base::duration life_began_{};
  base::duration store_failed_at_ = base::duration::min();
  std::uint64_t sequence_ = 0, delivered_ = 0, dead_ = 0, repeated_ = 0, tries_ = 0;
};

}  // namespace buildwatch::simulation

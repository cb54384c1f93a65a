// The loop's inside: its data, and its work in four files (loop, loop_lanes, loop_journal, loop_reload).
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/base/exception_text.hpp"
#include "buildwatch/watch/loop.hpp"
#include "watch/lane.hpp"
#include "watch/parking.hpp"

namespace buildwatch::watch {

class ticker final : public base::alarm {
 public:
  explicit ticker(std::function<void()> what) : what_(std::move(what)) {}

 private:
  void ring(base::time_point) override { what_(); }
  std::function<void()> what_;
};

struct loop::state {
  state(loop_parts given, options what, memory const& known);

  loop_parts parts;
  watch::engine engine;
  std::vector<std::unique_ptr<lane>> lanes;    // by provider
  std::vector<std::unique_ptr<lane>> leaving;  // of sources that were replaced
  commands todo;
  commands spare;  // its memory is used again
  std::vector<commit> found;
  std::vector<note> noted;
  std::deque<recall> to_recall;
  ticker tick;
  ticker look;
  ticker minute;
  base::time_point armed = base::time_point::max();
  loop_statistics numbers;
  std::function<void()> done;
  unsigned workers = 0;
  bool stopping = false;

  // What the journal is to do, one after the other.
  bool committing = false;
  bool remember = false;                          // what has changed is to be stored
  std::size_t to_remember = 0;                    // that is under way: so many jobs are still to come
  bool last_words = false;                        // that has been done for the stop
  std::uint64_t remembering = 0, remembered = 0;  // so many times begun and ended
  [[nodiscard]] bool journal_owes() const {
    return !found.empty() || !noted.empty() || !to_recall.empty() || remember || to_remember > 0;
  }
  parking journal_done;

  std::weak_ptr<state> me;

  // loop.cpp
  void run_tick();
  void run_minute();
  void look_for_credentials();
  void carry_out(std::shared_ptr<state> const& self, lane const* free_hand);
  void hand_out(std::shared_ptr<state> const& self, ask const& question, lane const*& free_hand);
  void arm();
  void record(std::string const& task, std::exception_ptr const& e);
  void stop();
  void finish_stop();
  void abandon();

  // loop_lanes.cpp: who asks
  static void hire(std::shared_ptr<state> const& self, lane& of);
  static boost::asio::awaitable<void> work(std::shared_ptr<state> self, lane& of);
  void answered_by(lane& of, errand const& what, base::instant sent, model::observation const& seen);
  void let_go(lane& of);

  // loop_journal.cpp: what is stored
  static void start_journal(std::shared_ptr<state> const& self);
  static boost::asio::awaitable<void> feed_journal(std::shared_ptr<state> self);
  static boost::asio::awaitable<void> commit_found(std::shared_ptr<state> self);
  static boost::asio::awaitable<void> store_notes(std::shared_ptr<state> self);
  static boost::asio::awaitable<void> recall_one(std::shared_ptr<state> self);
  static boost::asio::awaitable<void> remember_some(std::shared_ptr<state> self);

  // loop_reload.cpp: other settings
  void reconfigure(options what, memory const& known, std::vector<std::shared_ptr<build_source>> sources);
  void move_lanes(reindexed const& moved, std::vector<std::shared_ptr<build_source>> sources);
  void move_errand(errand& what, reindexed const& moved);
  void move_waiting(std::deque<ask> waiting, reindexed const& moved, base::instant now);
  void dismiss(std::unique_ptr<lane> of);
};

}  // namespace buildwatch::watch

// A random world around an engine, and the oracle that watches over what the engine does in it: builds that come and
// end, faults of every kind, a journal that fails, a wall clock that jumps, crashes with restarts, and reloads. Jobs
// and providers have numbers of their own, which no reload changes.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {

/// Outages of a job or a provider, as they were told.
struct outage_truth {
  int balance = 0;          // unreachable less recovered
  base::wall_time begin{};  // of the last one
};

/// What a job's build really does, and what was told of it.
struct truth {
  base::duration starts{}, ends{};
  int storing = 0;                // commits of it that are under way
  int started = 0, finished = 0;  // stored
  outage_truth outages;
  bool proven = false;
  bool present = true;                                       // in the configuration
  base::time_point failing_since = base::time_point::max();  // as far as a clock of it may have started
};

/// The same of a provider.
struct provider_truth {
  unsigned in_flight = 0;
  int storing = 0;
  outage_truth outages;
  bool present = true;
  base::time_point quiet_until = base::time_point::min();
  base::time_point refused_at = base::time_point::min();
  std::deque<base::time_point> sent;
};

/// What may happen in a world beside builds and faults.
struct perils {
  bool journal_fails = false;
  bool crashes = false;
  bool reloads = false;
};

class random_world {
 public:
  random_world(std::uint64_t seed, perils what);
  void play();

 private:
  struct flight {
    ask question;
    base::instant sent;
    std::size_t job = 0, provider = 0;  // their own numbers
    bool of_nobody = false, of_no_provider = false;
  };
  struct commit_under_way {
    commit what;
    bool stored = false;
  };

  // random_settings.cpp: what is configured
  void invent();
  timing invent_timing();
  void change_settings();
  void change_job(std::size_t k);
  void change_provider(std::size_t k);
  void next_build(std::size_t k);
  [[nodiscard]] options configured();

  // random_world.cpp: time, and what comes with it
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return pick(n) == 0; }
  void step(base::time_point end);
  void advance(base::time_point t);
  void remember();
  void crash();
  void reload();
  void take();
  void sent(ask const& a);
  void land(flight const& f);
  void settle(commit_under_way& s);
  observation what_is_seen(truth const& t, asks what);

  // random_oracle.cpp: what must hold
  void note(truth& t, asks what, observation const& seen);
  void note_refusal(flight const& f, observation const& seen);
  void count(transition const& what);
  void count_outage(model::event const& e, reach_memory const& known, outage_truth& of);
  void count_build(model::event const& e);
  void check_ask(ask const& a, std::size_t job, std::size_t provider);
  void check_commit(model::event const& e);
  void check_that_nothing_is_missed();
  void survive(base::time_point crashed);
  void conclude();
  int& storing(model::event const& e) {
    return e.job ? truths_[number(e.job->job_id, 3)].storing : providers_[number(e.provider, 1)].storing;
  }
  /// "job12x000…" and "p2" have their numbers in them.
  static std::size_t number(std::string_view name, std::size_t from) {
    return std::stoul(std::string(name.substr(from, 3)));
  }

  std::mt19937_64 random_;
  perils perils_;
  buildwatch::testing::manual_clock clock_;
  std::chrono::milliseconds stepped_{};  // the wall clock, in all
  base::wall_time first_wall_ = clock_.at.wall;

  std::vector<job_options> job_settings_;            // by number; `provider` is a number too
  std::vector<provider_options> provider_settings_;  // by number
  options settings_;                                 // what the engine has

  std::vector<truth> truths_;
  std::vector<provider_truth> providers_;
  kept stored_;
  std::optional<watch::engine> engine_;
  commands out_;
  std::multimap<base::time_point, flight> flights_;
  std::multimap<base::time_point, commit_under_way> commits_;
  std::set<std::size_t> asked_;
  std::set<std::string> ids_;
  base::time_point next_minute_{};
  base::time_point remembered_{};                           // last time that all of it was
  base::time_point grace_until_ = base::time_point::min();  // outages may be told later than by the book
  bool pauses_kept_ = true;  // those that the oracle knows of are stored, with an end that the wall clock still tells
  bool outage_ = false;
  bool calm_ = false;
};

}  // namespace buildwatch::watch::testing

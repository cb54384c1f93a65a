// The oracle of followed jobs: which of their builds are owed an event, in which order, and what is in the history.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "buildwatch/watch/ports.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/setup.hpp"
#include "simulation/world.hpp"

namespace buildwatch::simulation {

class following {
 public:
  following(virtual_clock const& clock, chronicle& told, world& truth) : clock_(clock), told_(told), truth_(truth) {}

  // What happens; see `transitions`.
  void life_ends();
  void in_force(setup const& s);
  void reloaded(setup const& now);
  void answered(std::string const& provider, std::string const& job_id, std::uint32_t build, watch::asks what,
                model::observation const& seen);
  void claimed(watch::transition const& what);
  void stored(watch::transition const& what);
  void stored(watch::memory const& what);
  /// The store lets go of builds that the oracle knows.
  void store_forgets() { store_forgets_ = true; }

  /// What is missing of it, with all that ended by now; empty: nothing.
  [[nodiscard]] std::string missing_of(job_setup const& j) const;

 private:
  struct build_facts {
    bool started = false, finished = false;  ///< stored
    bool seen_running = false, seen_finished = false;
    bool plain = true;    ///< whatever was seen of it showed that it runs, or has ended, and it did not fail repeatedly
    unsigned failed = 0;  ///< questions about it
    bool excused = false;                        ///< it need not be told
    bool kept = false;                           ///< the baseline knows that it runs, or may
    bool passed = false;                         ///< as newer ones that ended meanwhile are `catch_up`
    std::optional<base::duration> absent_since;  ///< in this life
    std::optional<base::duration> ended_seen;    ///< when last, in this life
    std::optional<model::sight> last;
  };
  struct job_facts {
    bool begun = false;
    std::uint32_t baseline = 0;
    std::set<std::uint32_t> numbers;  ///< that the provider told as the newest
    std::uint32_t shown = 0;          ///< the highest number that any answer has shown
    std::array<std::optional<base::duration>, watch::extra_calls> refused{};  ///< when last, since a reload
    bool list_refused = false;                                                ///< ever
    bool probed = false;                                                      ///< at some time nothing else was allowed
    std::uint32_t least = UINT32_MAX, most = 0;                               ///< of catch_up
    std::uint32_t last_first = 0;  ///< the highest of those whose first event was stored, and that were plain
    std::map<std::uint32_t, build_facts> builds;
    std::map<std::uint32_t, std::optional<model::outcome>> history;
  };

  static std::string job_key(std::string_view provider, std::string_view job_id) {
    return build_key(provider, job_id, 0);
  }
  void take_number(job_facts& job, watch::asks what, model::observation const& seen);
  void take_build(job_facts& job, std::uint32_t number, model::sight seen);
  void excuse(job_facts& job, followed_job const& script);
  void remembered(watch::job_memory const& m);
  void check_catch_up(model::event const& e, job_facts const& job) const;
  void check_delay(model::event const& e, build_facts const& b) const;
  void check_times(model::event const& e) const;
  void check_change(model::event const& e, job_facts const& job) const;
  [[nodiscard]] bool probes(job_facts const& job) const;
  void fail(model::event const& e, std::string_view why) const;

  virtual_clock const& clock_;
  chronicle& told_;
  world& truth_;
  std::map<std::string, job_facts> jobs_;  ///< by build_key() of build 0; of those of one build the history alone
  bool store_forgets_ = false;
};

}  // namespace buildwatch::simulation

// The oracle of transitions: what the providers have shown, against what was stored as an event.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "buildwatch/watch/ports.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/setup.hpp"
#include "simulation/world.hpp"

namespace buildwatch::simulation {

/// A clock that runs since something was first seen, until it is seen to be over. What was seen and not yet stored is
/// forgotten in a crash: then the clock may go on from where it was when it was stored.
struct lasting {
  std::optional<base::duration> since;
  std::optional<base::duration> before;  ///< `since`, when it was last over
  base::duration over_at{};
  std::optional<base::duration> stored;  ///< `since`, when it was first over after what is known was last stored
  base::duration stored_over_at{};

  void goes_on(base::duration now) {
    if (!since) since = now;
  }
  /// `stored_at`: when what is known was last stored.
  void is_over(base::duration now, base::duration stored_at) {
    if (!since) return;
    before = since;
    over_at = now;
    if (!stored || stored_over_at < stored_at) stored = since, stored_over_at = now;
    since.reset();
  }
  void life_ends(base::duration stored_at) {
    if (stored && stored_over_at >= stored_at) since = stored;
  }
  /// Whether it has lasted for `long_enough`, now or when it ended a moment ago (an event of it may be on its way).
  [[nodiscard]] bool reached(base::duration long_enough, base::duration now) const;
};

class transitions {
 public:
  transitions(virtual_clock const& clock, chronicle& told) : clock_(clock), told_(told) {}

  // What happens.
  void life_begins();
  void life_ends();
  /// From now on the daemon goes by `s`.
  void in_force(setup const& s);
  /// A life begins in a pause for refused credentials: that counts as failing.
  void pauses(std::string const& provider) { fails(providers_[provider], true); }
  /// An answer was handed to the daemon.
  void answered(std::string const& provider, std::string const& job_id, std::uint32_t build, watch::asks what,
                model::observation const& seen);
  /// The daemon wants it stored; whether there is such a transition.
  void claimed(watch::transition const& what);
  void stored(watch::transition const& what);
  /// What was known of it `ago` was stored.
  void remembered(watch::job_memory const& of, base::duration ago);
  void remembered(std::string const& provider, base::duration ago) { providers_[provider].remembered_up = up() - ago; }

  /// What is missing, with all that ended by now; empty: nothing.
  [[nodiscard]] std::string missing(setup const& s, world& truth) const;
  [[nodiscard]] std::uint64_t count() const { return ids_.size(); }

 private:
  struct build_facts {
    std::optional<base::duration> proven_at;  ///< the job is known to exist; of a followed one: by build 0
    bool proven_once = false;                 ///< in some life
    bool running_seen = false, finished_seen = false;
    bool started = false, finished = false, overdue = false;
    bool guessed = false;  ///< it was undecided for long, and its end was stored: an answer may say otherwise later
    base::duration remembered_at{};
    lasting undecided;  ///< by the clock: the wall tells the daemon how long it was stopped
  };
  struct subject {  ///< a job's build, or a provider: whose outages are told
    lasting failing;
    lasting perhaps;  ///< what may count as failing: not each answer tells the oracle what it was for
    base::duration remembered_up{};
    base::duration patience = base::duration::max();
    std::optional<std::int64_t> open;  ///< when the outage told began, by the wall clock
    base::duration opened_at{};
    base::duration perhaps_over_at{};  ///< the daemon may know more of it than the oracle
    /// Followed: what failed when it was last asked, or may have before a restart; see question_of().
    std::set<std::uint32_t> unanswered;
  };
  /// Time for which the daemon has run in all: outages count that alone.
  [[nodiscard]] base::duration up() const;
  void fails(subject& of, bool surely);
  void answers(subject& of, bool surely);
  void answered_followed(build_facts& job_facts, subject& job, watch::asks what, model::observation const& seen);
  void saw_build(build_facts& b, model::sight seen);
  void suspect_builds(std::string const& job, subject& of) const;
  void claimed_build(model::event const& e, build_facts const& known);
  void claimed_outage(model::event const& e, subject const& of, watch::reach_memory const* reach);
  void stored_outage(watch::transition const& what, subject& of) const;
  [[nodiscard]] bool some_job_failed_for_long(std::string const& provider) const;
  [[nodiscard]] bool somebody_to_watch(std::string const& provider) const;
  [[nodiscard]] std::string missing_of(job_setup const& j, script const& s) const;
  [[nodiscard]] std::string left_open(job_setup const& j) const;
  void fail(model::event const& e, std::string_view why);

  virtual_clock const& clock_;
  chronicle& told_;
  std::map<std::string, build_facts> builds_;
  std::map<std::string, subject> jobs_, providers_;
  std::map<std::string, std::string> ids_;  ///< what each id stands for
  setup now_;
  base::duration up_before_{}, life_began_{};
};

}  // namespace buildwatch::simulation

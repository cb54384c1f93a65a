// What the engine keeps of one provider.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "buildwatch/track/reachability.hpp"
#include "buildwatch/watch/memory.hpp"
#include "watch/due_queue.hpp"
#include "watch/gate.hpp"
#include "watch/reminder.hpp"
#include "watch/token_bucket.hpp"

namespace buildwatch::watch {

struct provider_state {
  explicit provider_state(provider_options const& how)
      : gate(how.connections, how.has_credential), bucket(how.rate_per_second) {
    saved.name = how.name;
  }

  /// Goes over to other settings: what follows from its jobs is to be gathered anew.
  void forget_jobs();

  watch::gate gate;
  token_bucket bucket;
  due_queue due;                ///< polls
  due_queue deadlines;          ///< of failing jobs: when to decide whether they are unreachable
  std::vector<job_index> jobs;  ///< all of them, in order
  std::vector<job_index> deferred;

  track::reachability reach;
  base::time_point last_heard = track::never;  ///< when it last answered anything well
  base::time_point cause_since =
      track::never;        ///< since when every answer to any job was a failure of the provider's making
  std::string last_cause;  ///< in words: of the latest such failure
  base::time_point retell_at =
      track::never;  ///< its outage could not be stored: not again before this, unless asked anew
  base::duration unreachable_after = base::duration::max();  ///< the smallest of its jobs'

  std::uint64_t answered = 0;  ///< requests that ended well, in this run
  std::uint64_t failed = 0;
  unsigned in_flight = 0;
  std::size_t compared = 0;   ///< place in `due` up to which jobs were compared last
  base::duration lateness{};  ///< of requests behind their due time, in the mean of late
  std::uint32_t watched = 0;  ///< jobs that are not done
  std::uint32_t failing = 0;  ///< of these: whose last poll failed (not found is an answer, and none of these)
  std::uint32_t logged = 0;   ///< jobs whose trouble stands in the log
  watch::reminder reminder;   ///< of its throttling or its refused credentials
  bool cause_logged = false;  ///< one of its jobs has told the log of a provider's cause since it was last heard
  bool folding = false;       ///< too many jobs fail to name each above debug
  base::time_point wake{};    ///< when tick() next has something to do here

  provider_memory saved;          ///< as the journal has it
  provider_memory saving;         ///< as a transition under way has it
  bool unsaved = false;           ///< the journal has not got what it was last handed
  bool handed_out = false;        ///< by the last changed()
  bool kept = false;              ///< known from before the latest reload
  bool other_credential = false;  ///< since that reload
};

inline void provider_state::forget_jobs() {
  due = {};
  deadlines = {};
  jobs.clear();
  deferred.clear();
  watched = failing = logged = 0;
  unreachable_after = base::duration::max();
}

}  // namespace buildwatch::watch

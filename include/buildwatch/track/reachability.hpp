// Whether a job or a provider can be watched: the clock of an outage, what was announced of it, and who is to blame.
// Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "buildwatch/base/time.hpp"
#include "buildwatch/track/build.hpp"

namespace buildwatch::track {

/// How far the announcement of an outage is. The two middle states wait for the journal.
enum class told : std::uint8_t {
  nothing,
  telling,      ///< .unreachable is being stored
  unreachable,  ///< .unreachable was announced
  taking_back,  ///< .recovered is being stored
};

/// Of a job: failing since its first failed poll after its last good one. Of a provider: since the first failed poll of
/// any of its jobs after the last good answer to any of them.
struct reachability {
  base::time_point since = never;  ///< of the outage going on; `never`: none
  base::wall_time since_wall{};    ///< the same, as wall time
  base::wall_time told_begin{};    ///< of the outage announced: what the ids of its events are made from
  track::told told = track::told::nothing;

  [[nodiscard]] bool failing() const { return since != never; }
};

[[nodiscard]] reachability after_failure(reachability known, base::instant now);
/// Also used where a clock starts anew: the next failed poll is the first.
[[nodiscard]] reachability after_good(reachability known);

/// What an earlier run knew. `announced`: its outage was, the end of it was not. `since`: of the outage going on;
/// `lasted`: how long it had, as what it lasted while the daemon was stopped does not count.
[[nodiscard]] reachability recalled(bool announced, base::wall_time told_begin, std::optional<base::wall_time> since,
                                    base::duration lasted, base::instant now);

enum class notice : std::uint8_t { none, unreachable, recovered };

struct reach_step {
  reachability known;
  notice what = notice::none;
};

/// What is to be announced now. `overdue`: it has failed long enough, and it is this one that is to be reported. A
/// notice given out must be settled before another is.
[[nodiscard]] reach_step tell(reachability known, bool overdue);
/// The journal has or has not stored the notice given out. Ask tell() again: the world may have moved on meanwhile.
[[nodiscard]] reachability settled(reachability known, bool stored);

/// Who is reported when a job has failed for its `unreachable_after`.
enum class decision : std::uint8_t {
  nothing,   ///< its provider's outage was announced already
  job,       ///< job.unreachable
  provider,  ///< provider.unreachable
  defer,     ///< it may be the provider: wait until that one has failed for long enough too, or answers somebody
};

struct circumstances {
  bool provider_told = false;       ///< provider.unreachable has been announced (or is being) and it still fails
  bool provider_failing = false;    ///< no good answer to any job since the provider's clock began
  bool provider_overdue = false;    ///< and that for the smallest unreachable_after of its jobs
  bool cause_is_providers = false;  ///< the job's last failure: 401, 429, 503 or no connection
  bool all_fail = false;            ///< every job of the provider, and there are two or more
  bool all_fail_surely = false;     ///< and none of them for the first time: a neighbour may only have stumbled
  bool heard_meanwhile = false;     ///< the job had been deferred, and its provider has answered another job since
};

[[nodiscard]] decision at_deadline(circumstances const& c);

}  // namespace buildwatch::track

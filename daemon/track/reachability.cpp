#include "buildwatch/track/reachability.hpp"

#include <chrono>

#include "buildwatch/track/moments.hpp"

namespace buildwatch::track {

reachability after_failure(reachability known, base::instant now) {
  if (known.failing()) return known;
  known.since = now.mono;
  known.since_wall = now.wall;
  return known;
}

reachability after_good(reachability known) {
  known.since = never;
  return known;
}

reachability recalled(bool announced, base::wall_time told_begin, std::optional<base::wall_time> since,
                      base::duration lasted, base::instant now) {
  constexpr base::duration longest = std::chrono::years(100);
  reachability known;
  if (announced) {
    known.told = told::unreachable;
    known.told_begin = told_begin;
  }
  if (since) {
    known.since = now.mono - sensible(lasted, longest);
    known.since_wall = *since;
  }
  return known;
}

reach_step tell(reachability known, bool overdue) {
  if (known.told == told::nothing && known.failing() && overdue) {
    known.told = told::telling;
    known.told_begin = known.since_wall;
    return {known, notice::unreachable};
  }
  if (known.told == told::unreachable && !known.failing()) {
    known.told = told::taking_back;
    return {known, notice::recovered};
  }
  return {known, notice::none};
}

reachability settled(reachability known, bool stored) {
  switch (known.told) {
    case told::telling: known.told = stored ? told::unreachable : told::nothing; break;
    case told::taking_back: known.told = stored ? told::nothing : told::unreachable; break;
    case told::nothing:
    case told::unreachable: break;
  }
  return known;
}

decision at_deadline(circumstances const& c) {
  if (c.provider_told) return decision::nothing;
  // Its provider has answered others while this one went on failing: whatever the cause looks like, it is this job.
  if (c.heard_meanwhile || !c.provider_failing) return decision::job;
  if (c.all_fail_surely) return decision::provider;
  if (!c.cause_is_providers && !c.all_fail) return decision::job;
  return c.provider_overdue ? decision::provider : decision::defer;
}

}  // namespace buildwatch::track

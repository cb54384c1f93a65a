// The state machine of one build: (what is known, an observation, when) -> (what is known now, what changed). Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::track {

/// Stands for "no such moment".
inline constexpr base::time_point never = base::time_point::min();
inline constexpr base::wall_time no_time = base::wall_time::min();

/// A build that was seen running and is then undecided for this long has finished with outcome `unknown`.
inline constexpr base::duration settle_time = std::chrono::seconds(60);
/// A build that was only ever undecided is let go after this long.
inline constexpr base::duration patience = std::chrono::hours(24);
/// A record's times are believed if they are no further than this from what polling saw.
inline constexpr base::duration belief = std::chrono::seconds(60);

/// What has been announced of a build. Moves only when the journal has stored the transition.
enum class build_phase : std::uint8_t {
  waiting,   ///< nothing: not there yet, or queued
  running,   ///< build.started
  finished,  ///< build.finished; final
  let_go,    ///< never decided within `patience`; final, without an event
};

/// What is known of a build. Moments are of the interval clock: stamps are derived from them when an event is made, so
/// that no step of the wall clock inverts or stretches an interval.
struct build_state {
  base::time_point newest_sent = never;      ///< when the request of the newest answer was sent
  base::time_point first_running = never;    ///< when the first request that saw it running was sent
  base::time_point last_running = never;     ///< when the last one was
  base::time_point undecided_since = never;  ///< when the first of the undecided answers in a row arrived
  base::time_point finished_seen = never;    ///< when the first answer that saw it finished arrived
  base::time_point not_before = never;       ///< when the job was last looked at, and the build was not there
  base::wall_time started_at = no_time;      ///< by the provider's record; `no_time`: unknown
  build_phase phase = build_phase::waiting;
};

/// It runs, or settles after its end: worth the shorter interval.
[[nodiscard]] bool under_way(build_state const& known);
/// Nothing can change any more.
[[nodiscard]] bool final(build_state const& known);

enum class build_change : std::uint8_t {
  none,
  started,
  finished,  ///< the answer said so
  settled,   ///< seen running, then undecided for `settle_time`: finished with outcome `unknown`
  let_go,    ///< no event
};

struct build_step {
  build_state known;
  build_change change = build_change::none;
};

/// What an answer about the build makes of what is known. `sent`: when its request was sent, `now`: when it arrived. An
/// answer to an older request than the newest one known changes nothing, unless it says that the build has finished.
/// Sights that say nothing about the build change nothing.
[[nodiscard]] build_step observe(build_state const& known, model::sight seen, base::time_point sent,
                                 base::time_point now);

/// What remains known if a transition could not be stored: what was seen, but not the phase. The next answer finds it
/// again.
[[nodiscard]] build_state not_stored(build_state const& before, build_state const& proposed);

/// What was known of a build in an earlier run.
struct earlier {
  build_phase phase = build_phase::waiting;
  std::optional<base::wall_time> started_at;
  std::optional<base::wall_time> first_running;
  std::optional<base::wall_time> last_running;
  std::optional<base::wall_time> undecided_since;
};

/// Wall times become moments (see moment_of); the time in which the daemon was stopped counts on. Nothing is decided by
/// that alone: an answer must come, and one that was only ever queued is let go an hour from `now` at the earliest.
[[nodiscard]] build_state recalled(earlier const& known, base::instant now);

/// Since when it runs, as near as that is known: by its record, else between the look that did not show it and the poll
/// that first did, else by that poll. `never`: unknown.
[[nodiscard]] base::time_point begin_of(build_state const& known, base::instant now);

/// The build as the event of a transition shows it. `now`: when the answer arrived; the stamps are its wall time less
/// what the interval clock counted since. `record` and `extra` may be null. A record's start and end count where
/// polling does not contradict them (`belief`).
[[nodiscard]] model::build describe(std::uint32_t number, build_step const& step, model::observation const& seen,
                                    model::build_record const* record, model::outcome_words const* extra,
                                    base::instant now);

/// A build of the past, as its record shows it: for the history.
[[nodiscard]] model::build from_record(model::build_record const& record, model::outcome_words const* extra);

}  // namespace buildwatch::track

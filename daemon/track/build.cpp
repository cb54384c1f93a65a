#include "buildwatch/track/build.hpp"

#include <algorithm>

#include "buildwatch/track/moments.hpp"

namespace buildwatch::track {
namespace {

build_step saw_running(build_state known, base::time_point sent) {
  known.last_running = std::max(known.last_running, sent);
  known.undecided_since = never;
  known.finished_seen = never;
  if (known.phase == build_phase::running) return {known, build_change::none};
  known.phase = build_phase::running;
  return {known, build_change::started};
}

build_step saw_finished(build_state known, base::time_point now) {
  if (known.finished_seen == never) known.finished_seen = now;
  known.phase = build_phase::finished;
  return {known, build_change::finished};
}

build_step saw_undecided(build_state known, base::time_point now) {
  known.finished_seen = never;
  if (known.undecided_since == never) known.undecided_since = now;
  base::duration const lasting = now - known.undecided_since;
  if (known.last_running != never) {
    if (lasting < settle_time) return {known, build_change::none};
    known.phase = build_phase::finished;
    return {known, build_change::settled};
  }
  if (lasting < patience) return {known, build_change::none};
  known.phase = build_phase::let_go;
  return {known, build_change::let_go};
}

// A build that is not there neither settles nor queues: what it was undecided for does not count on.
build_step saw_nothing(build_state known) {
  known.undecided_since = never;
  known.finished_seen = never;
  return {known, build_change::none};
}

// What a build was queued for before a restart counts only so far: whether it is let go is decided by answers of at
// least this long a time afterwards, as a wall clock may have been wrong by days meanwhile.
constexpr base::duration fresh_patience = std::chrono::hours(1);

}  // namespace

bool under_way(build_state const& known) { return known.last_running != never && !final(known); }

bool final(build_state const& known) {
  return known.phase == build_phase::finished || known.phase == build_phase::let_go;
}

build_step observe(build_state const& known, model::sight seen, base::time_point sent, base::time_point now) {
  bool const older = sent < known.newest_sent;
  if (final(known) || (older && seen != model::sight::finished)) return {known, build_change::none};
  build_state next = known;
  next.newest_sent = std::max(next.newest_sent, sent);
  switch (seen) {
    case model::sight::running: return saw_running(next, sent);
    case model::sight::finished: return saw_finished(next, now);
    case model::sight::undecided: return saw_undecided(next, now);
    case model::sight::no_such_build: return saw_nothing(next);
    case model::sight::job_exists:
    case model::sight::no_such_job:
    case model::sight::record:
    case model::sight::refused_call:
    case model::sight::failed: break;
  }
  return {known, build_change::none};
}

build_state not_stored(build_state const& before, build_state const& proposed) {
  build_state kept = proposed;
  kept.phase = before.phase;
  return kept;
}

build_state recalled(build_phase phase, std::optional<base::wall_time> last_running,
                     std::optional<base::wall_time> undecided_since, base::instant now) {
  build_state known;
  known.phase = phase;
  if (last_running) known.last_running = moment_of(*last_running, now);
  if (!undecided_since) return known;
  known.undecided_since = moment_of(*undecided_since, now);
  if (!last_running) known.undecided_since = std::max(known.undecided_since, now.mono - (patience - fresh_patience));
  return known;
}

model::build describe(std::uint32_t number, build_step const& step, model::observation const& seen,
                      model::outcome_words const* extra, base::instant now) {
  model::build b;
  b.number = number;
  b.region = seen.region;
  b.building = step.change == build_change::started;
  if (b.building) return b;

  bool const settled = step.change == build_change::settled;
  b.result = seen.word;
  b.outcome = settled ? model::outcome::unknown : model::outcome_of(seen.word, extra ? *extra : model::outcome_words{});
  base::time_point const end = settled ? step.known.undecided_since : step.known.finished_seen;
  b.first_seen_finished = wall_of(end, now);
  if (step.known.last_running == never) return b;
  // An answer may overtake a request sent before it arrived: the end was then seen before the last sign of life was
  // asked for.
  b.last_seen_running = wall_of(std::min(step.known.last_running, end), now);
  b.finished_at = *b.last_seen_running + (*b.first_seen_finished - *b.last_seen_running) / 2;
  return b;
}

}  // namespace buildwatch::track

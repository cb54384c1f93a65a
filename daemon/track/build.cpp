#include "buildwatch/track/build.hpp"

#include <algorithm>

#include "buildwatch/track/moments.hpp"

namespace buildwatch::track {
namespace {

build_step saw_running(build_state known, base::time_point sent) {
  if (known.first_running == never) known.first_running = sent;
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

constexpr auto near = std::chrono::duration_cast<std::chrono::milliseconds>(belief);

/// A start before the build was there, after it was seen, or after its end, is none.
bool credible(base::wall_time start, build_state const& known, model::build const& b, base::instant now) {
  if (known.not_before != never && start < wall_of(known.not_before, now) - near) return false;
  if (b.first_seen_running && start > *b.first_seen_running + near) return false;
  return !b.finished_at || start <= *b.finished_at;
}

/// Whether the record's end is in keeping with what polling saw. One that is not makes its start doubtful as well.
bool credible(model::build_record const& record, model::build const& b) {
  auto const end = *record.started_at + std::chrono::duration_cast<std::chrono::milliseconds>(*record.lasted);
  return end <= *b.first_seen_finished + near && (!b.last_seen_running || end >= *b.last_seen_running - near);
}

void believe(model::build_record const& record, build_state const& known, model::build& b, base::instant now) {
  if (!credible(record, b)) return;
  b.finished_at = *record.started_at + std::chrono::duration_cast<std::chrono::milliseconds>(*record.lasted);
  b.times_exact = true;
  if (credible(*record.started_at, known, b, now)) b.started_at = record.started_at;
}

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

build_state recalled(earlier const& was, base::instant now) {
  build_state known;
  known.phase = was.phase;
  if (was.started_at) known.started_at = *was.started_at;
  if (was.last_running) known.last_running = moment_of(*was.last_running, now);
  if (was.first_running) known.first_running = moment_of(*was.first_running, now);
  if (!was.undecided_since) return known;
  known.undecided_since = moment_of(*was.undecided_since, now);
  if (!was.last_running)
    known.undecided_since = std::max(known.undecided_since, now.mono - (patience - fresh_patience));
  return known;
}

base::time_point begin_of(build_state const& known, base::instant now) {
  if (known.started_at == no_time) {
    bool const between = known.first_running != never && known.not_before != never;
    return between ? known.not_before + (known.first_running - known.not_before) / 2 : known.first_running;
  }
  base::time_point const told = moment_of(known.started_at, now);
  return known.first_running == never ? told : std::min(told, known.first_running);
}

model::build describe(std::uint32_t number, build_step const& step, model::observation const& seen,
                      model::build_record const* record, model::outcome_words const* extra, base::instant now) {
  build_state const& known = step.known;
  model::build b;
  b.number = number;
  b.region = seen.region;
  b.building = step.change == build_change::started || step.change == build_change::none;
  if (known.first_running != never) b.first_seen_running = wall_of(known.first_running, now);
  if (record && !record->source.empty()) b.source = record->source;
  if (b.building) {
    if (known.started_at != no_time && credible(known.started_at, known, b, now)) b.started_at = known.started_at;
    return b;
  }

  bool const settled = step.change == build_change::settled;
  b.result = seen.word;
  b.outcome = settled ? model::outcome::unknown : model::outcome_of(seen.word, extra ? *extra : model::outcome_words{});
  base::time_point const end = settled ? known.undecided_since : known.finished_seen;
  b.first_seen_finished = wall_of(end, now);
  if (known.last_running != never) {
    // An answer may overtake a request sent before it arrived: the end was then seen before the last sign of life was
    // asked for.
    b.last_seen_running = wall_of(std::min(known.last_running, end), now);
    b.finished_at = *b.last_seen_running + (*b.first_seen_finished - *b.last_seen_running) / 2;
  }
  if (record && record->started_at && record->lasted) {
    believe(*record, known, b, now);
  } else if (known.started_at != no_time && b.finished_at && credible(known.started_at, known, b, now)) {
    b.started_at = known.started_at;
  }
  return b;
}

model::build from_record(model::build_record const& record, model::outcome_words const* extra) {
  model::build b;
  b.number = record.number;
  b.result = record.word;
  b.outcome = model::outcome_of(record.word, extra ? *extra : model::outcome_words{});
  b.started_at = record.started_at;
  if (record.started_at && record.lasted) {
    b.finished_at = *record.started_at + std::chrono::duration_cast<std::chrono::milliseconds>(*record.lasted);
    b.times_exact = true;
  }
  if (!record.source.empty()) b.source = record.source;
  return b;
}

}  // namespace buildwatch::track

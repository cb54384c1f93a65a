// Whose turn it is: what a job asks for next, and when.
#include <algorithm>

#include "watch/engine_state.hpp"
#include "watch/placing.hpp"

namespace buildwatch::watch {

bool engine::state::under_way(job_index job) const {
  pursuit const* const p = jobs[job].pursuit.get();
  return p && std::ranges::any_of(p->builds, [](auto const& b) { return track::under_way(b.known) && !b.absent; });
}

base::duration engine::state::interval_of(job_index job) const {
  timing const& times = *what.jobs[job].times;
  return under_way(job) ? times.building : times.idle;
}

base::duration engine::state::interval_of(job_index job, watched_build const& b) const {
  timing const& times = *what.jobs[job].times;
  return track::under_way(b.known) && !b.absent ? times.building : times.idle;
}

engine::state::turn engine::state::next_inquiry(job_index job) const {
  pursuit const& p = *jobs[job].pursuit;
  inquiry const& i = *p.inquiry;
  if (i.ending) return {errand_kind::record, i.ending->number, p.soon};
  if (i.search) return {errand_kind::look, i.search->next()->build, p.soon};
  if (i.past_wanted) return {errand_kind::past, 0, p.soon};
  if (!i.news || i.news->now == gap::step::telling) return {};
  base::time_point const due = std::max(p.soon, i.news->again);
  if (i.news->now == gap::step::counting) return {errand_kind::missed, 0, due};
  return {errand_kind::scan, i.news->next, due};
}

engine::state::turn engine::state::next_turn(job_index job) const {
  job_state const& j = jobs[job];
  turn best{j.ask_existence ? errand_kind::exist : errand_kind::look, what.jobs[job].build, j.look};
  if (!j.pursuit) return best;
  pursuit const& p = *j.pursuit;
  if (p.inquiry) {
    turn const t = next_inquiry(job);
    if (t.kind == errand_kind::record) return t;  // somebody is to be told
    if (t.due < best.due || (p.inquiry->search && t.due != base::time_point::max())) best = t;
  }
  for (watched_build const& b : p.builds) {
    // Passed by, while lower ones are not told yet: it is told after them, or when the gap is looked at anew.
    if (j.begun && b.number > j.newest && followed(job)) continue;
    if (b.due <= best.due) best = {errand_kind::poll, b.number, b.due};
  }
  return best;
}

watch::query engine::state::query_of(job_index job, turn const& t) const {
  job_options const& how = what.jobs[job];
  job_state const& j = jobs[job];
  watch::query q;
  q.job_id = how.job_id;
  q.build = t.build;
  switch (t.kind) {
    case errand_kind::look:
      if (!followed(job)) break;
      q.what = j.pursuit && j.pursuit->inquiry && j.pursuit->inquiry->search ? j.pursuit->inquiry->search->next()->what
                                                                             : asks::newest;
      break;
    case errand_kind::exist: q.what = asks::newest; break;
    case errand_kind::past: q.what = asks::list; break;
    case errand_kind::missed:
      q.what = asks::list;
      q.page = j.pursuit->inquiry->news->page;
      break;
    case errand_kind::record:
      q.what = asks::record;
      q.deadline = j.pursuit->inquiry->ending->deadline;
      break;
    case errand_kind::poll:
    case errand_kind::scan: break;
  }
  return q;
}

void engine::state::place_look(job_index job, base::duration delay, base::time_point sent, base::time_point now) {
  job_state& j = jobs[job];
  j.anchor = next_on_grid(j.anchor, what.jobs[job].times->idle, sent + delay, now);
  j.look = j.anchor;
}

void engine::state::place_poll(job_index job, watched_build& b, base::time_point sent, base::instant now) {
  base::duration const interval = interval_of(job, b);
  pursuit const& p = *jobs[job].pursuit;
  bool const runs = track::under_way(b.known) && !b.absent && b.known.undecided_since == track::never;
  base::time_point const begin = track::begin_of(b.known, now);
  if (runs && what.jobs[job].times->adaptive && p.lengths && p.lengths->pacing.usable() && begin != track::never) {
    b.due = begin + p.lengths->pacing.next(sent - begin);
    if (b.due <= now.mono) b.due = begin + p.lengths->pacing.next(now.mono - begin);
    b.anchor = b.due;
    return;
  }
  b.anchor = next_on_grid(b.anchor, interval, sent + interval, now.mono);
  b.due = b.anchor;
  if (!track::under_way(b.known) || b.known.undecided_since == track::never) return;
  // The end of settling is asked for in time, however long the interval.
  base::time_point const decided = b.known.undecided_since + track::settle_time;
  if (decided > now.mono) b.due = std::min(b.due, decided);
}

/// What a job asks for as a whole, where something could not be stored: that `delay` after `sent` which is nearest on
/// its grid.
void engine::state::place_again(job_index job, base::duration delay, base::time_point sent, base::time_point now) {
  job_state& j = jobs[job];
  bool const polls = j.pursuit && !j.pursuit->builds.empty();
  base::time_point& anchor = polls ? j.pursuit->builds.front().anchor : j.anchor;
  anchor = next_on_grid(anchor, interval_of(job), sent + delay, now);
  if (polls) j.pursuit->builds.front().due = anchor;
  if (j.look != base::time_point::max()) j.look = std::max(j.look, anchor);
  if (j.pursuit && j.pursuit->soon != base::time_point::max()) j.pursuit->soon = std::max(j.pursuit->soon, anchor);
  j.due = anchor;
}

}  // namespace buildwatch::watch

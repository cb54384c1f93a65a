// Transitions on their way to the journal, and what becomes of them. What is known moves only when they are stored.
#include <algorithm>
#include <chrono>
#include <utility>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

constexpr base::duration late_told = std::chrono::minutes(1);      // an event is stamped anew when told so late
constexpr base::duration retell_after = std::chrono::seconds(10);  // a provider's notice that could not be stored

model::event_type type_of(track::notice what, bool of_provider) {
  bool const bad = what == track::notice::unreachable;
  if (of_provider) return bad ? model::event_type::provider_unreachable : model::event_type::provider_recovered;
  return bad ? model::event_type::job_unreachable : model::event_type::job_recovered;
}

}  // namespace

model::event engine::state::event_of_job(job_index job, model::event_type type, std::int64_t discriminator,
                                         base::instant now) const {
  job_options const& how = what.jobs[job];
  model::event e;
  e.type = type;
  e.timestamp = now.wall;
  e.provider = what.providers[how.provider].name;
  e.id = model::event_id(e.provider, how.job_id, discriminator, type);
  e.job = model::job{how.name, e.provider, how.job_id.str(), *how.labels};
  return e;
}

/// Holds the job while a transition of it is on its way, which tells all that is known of it.
transition engine::state::held_by(job_index job, model::event event, base::instant now) {
  job_state& j = jobs[job];
  j.stage = stage::held;
  j.unsaved = false;
  return {std::move(event), memory_of(job, sending::transition, now), std::nullopt};
}

void engine::state::commit_build(job_index job, build_transition found, base::instant now, commands& out) {
  // Seen long before the others of its gap were: its deliveries have not waited since then.
  if (now.wall - found.event.timestamp > late_told) found.event.timestamp = now.wall;
  job_state const& j = jobs[job];
  if (j.pursuit && j.pursuit->inquiry && j.pursuit->inquiry->news) {
    // Met from the newest down and told from the oldest up: by their times, too, as sinks go by those.
    found.event.timestamp = std::max(found.event.timestamp, j.pursuit->inquiry->news->told_from);
  }
  transition what_happens = held_by(job, std::move(found.event), now);
  job_memory& m = *what_happens.job;
  if (followed(job)) m.newest = std::max(m.newest, found.number);
  if (found.overdue) {
    for (build_memory& b : m.builds) b.overdue = b.overdue || b.number == found.number;
  } else if (found.phase == track::build_phase::finished) {
    std::erase_if(m.builds, [&](build_memory const& b) { return b.number == found.number; });
    m.done = !followed(job);
  } else {
    for (build_memory& b : m.builds) b.running = b.running || b.number == found.number;
  }
  pending_commit sent;
  sent.index = job;
  sent.number = found.number;
  sent.phase = found.phase;
  sent.overdue = found.overdue;
  std::uint64_t const token = next_token++;
  pending.emplace(token, std::move(sent));
  out.commits.push_back({token, std::move(what_happens)});
}

void engine::state::commit_note(job_index job, std::uint32_t newest, bool baseline, std::vector<old_build> builds,
                                base::instant now, commands& out) {
  job_state& j = jobs[job];
  j.stage = stage::held;
  j.unsaved = false;
  pending_commit sent;
  sent.what = pending_commit::kind::note;
  sent.index = job;
  sent.newest = newest;
  sent.baseline = baseline;
  note n{next_token++, {}};
  n.what.jobs.push_back(memory_of(job, sending::transition, now));
  n.what.jobs[0].newest = newest;
  n.what.jobs[0].begun = j.begun || baseline;
  n.what.builds = std::move(builds);
  pending.emplace(n.token, std::move(sent));
  out.notes.push_back(std::move(n));
}

void engine::state::commit_reach(job_index job, track::notice notice, std::optional<build_transition> then,
                                 base::instant now, commands& out) {
  trouble& t = *jobs[job].trouble;
  if (notice == track::notice::unreachable) t.reach = track::tell(t.reach, true).known;
  model::event e = event_of_job(job, type_of(notice, false), t.reach.told_begin.time_since_epoch().count(), now);
  if (notice == track::notice::unreachable) e.reason = t.text;
  std::uint64_t const token = next_token++;
  pending_commit sent;
  sent.what = pending_commit::kind::job_reach;
  sent.index = job;
  sent.then = std::move(then);
  pending.emplace(token, std::move(sent));
  out.commits.push_back({token, held_by(job, std::move(e), now)});
}

void engine::state::commit_provider(provider_index which, track::notice notice, std::string_view reason,
                                    base::instant now, commands& out) {
  provider_state& p = providers[which];
  model::event e;
  e.type = type_of(notice, true);
  e.timestamp = now.wall;
  e.provider = what.providers[which].name;
  e.id = model::event_id(e.provider, {}, p.reach.told_begin.time_since_epoch().count(), e.type);
  if (notice == track::notice::unreachable) e.reason = std::string(reason);
  std::uint64_t const token = next_token++;
  pending_commit sent;
  sent.what = pending_commit::kind::provider_reach;
  sent.index = which;
  pending.emplace(token, std::move(sent));
  p.saving = memory_of(p, which, sending::transition, now);
  out.commits.push_back({token, {std::move(e), std::nullopt, p.saving}});
}

void engine::state::settle(pending_commit& commit, committed const& in, base::instant now, commands& out) {
  switch (commit.what) {
    case pending_commit::kind::build: settle_build(commit, in.stored, now, out); break;
    case pending_commit::kind::note: settle_note(commit, in.stored, now, out); break;
    case pending_commit::kind::recall: break;
    case pending_commit::kind::job_reach: settle_job_reach(commit, in.stored, now, out); break;
    case pending_commit::kind::provider_reach: settle_provider_reach(commit.index, in.stored, now, out); break;
  }
}

void engine::state::settle_build(pending_commit const& commit, bool stored, base::instant now, commands& out) {
  job_index const job = commit.index;
  job_state& j = jobs[job];
  if (!stored) return not_stored(job, commit.number, now);
  bool const ended = !commit.overdue && commit.phase == track::build_phase::finished;
  if (followed(job)) j.newest = std::max(j.newest, commit.number);
  if (ended) {
    forget_build(job, commit.number);
    j.done = !followed(job);
  } else if (watched_build* const b = j.find(commit.number)) {
    if (commit.overdue) b->overdue = true;
    b->known.phase = commit.phase;
    if (!commit.overdue) ask_lengths(job, out);
  }
  proceed(job, track::notice::none, std::nullopt, now, out);
}

/// What is known does not move: the next poll, or the next look, finds it again.
void engine::state::not_stored(job_index job, std::uint32_t number, base::instant now) {
  job_state& j = jobs[job];
  mark(job);
  // What was only met on the way up from there is met again.
  if (followed(job) && j.pursuit) {
    std::erase_if(j.pursuit->builds, [&](watched_build const& b) {
      return b.number > j.newest && b.known.phase == track::build_phase::waiting;
    });
  }
  if (j.pursuit && j.pursuit->inquiry) {
    j.pursuit->inquiry->news.reset();
    j.pursuit->inquiry->past.clear();
  }
  tidy(job);
  place_again(job, interval_of(job), now.mono, now.mono);
  if (watched_build* const b = j.find(number)) b->due = j.due;
  resume(job);
}

void engine::state::settle_note(pending_commit const& commit, bool stored, base::instant now, commands& out) {
  job_state& j = jobs[commit.index];
  if (stored) {
    j.newest = commit.newest;
    // A build that runs may have asked for the lengths of those of the past before these were in the history.
    if (j.pursuit && !j.pursuit->lengths) j.pursuit->recalled = false;
    j.begun = j.begun || commit.baseline;
    return proceed(commit.index, track::notice::none, std::nullopt, now, out);
  }
  j.past_known = false;
  not_stored(commit.index, 0, now);
}

void engine::state::settle_job_reach(pending_commit& commit, bool stored, base::instant now, commands& out) {
  job_index const job = commit.index;
  trouble& t = *jobs[job].trouble;
  t.reach = track::settled(t.reach, stored);
  if (t.reach.told == track::told::nothing && !t.reach.failing()) jobs[job].trouble.reset();
  if (stored && commit.then) {
    commit_build(job, std::move(*commit.then), now, out);
    return;
  }
  if (!stored) {
    mark(job);
    if (t.reach.told == track::told::nothing) provider_of(job).deadlines.push(now.mono + interval_of(job), job);
    place_again(job, interval_of(job), now.mono, now.mono);
    resume(job);
    return;
  }
  proceed(job, track::notice::none, std::nullopt, now, out);
}

void engine::state::settle_provider_reach(provider_index which, bool stored, base::instant now, commands& out) {
  provider_state& p = providers[which];
  p.reach = track::settled(p.reach, stored);
  if (!stored) {
    p.retell_at = now.mono + retell_after;
    return;
  }
  p.retell_at = track::never;
  p.saved = std::move(p.saving);
  p.unsaved = false;
  // A pause that began meanwhile was stored before this, perhaps, and is not in it.
  if (p.gate.now_in() == gate::trouble::refused) out.remember = true;
  if (p.reach.told != track::told::unreachable || p.reach.failing()) return;
  // It answered while its outage was being stored.
  start_clocks_anew(p, no_job, now.mono);
  tell_of_provider(which, false, {}, now, out);
}

}  // namespace buildwatch::watch

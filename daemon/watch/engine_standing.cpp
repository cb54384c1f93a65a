// How things stand, for those who look.
#include <algorithm>
#include <ranges>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

bool queued(watched_build const& b) { return b.known.undecided_since != track::never; }

model::build shown(watched_build const& b, base::instant now) {
  model::build made = track::describe(b.number, {b.known, track::build_change::none}, {}, nullptr, nullptr, now);
  made.building = track::under_way(b.known);
  return made;
}

/// Told, and its end is not.
bool stands(track::reachability const& outage) {
  return outage.told == track::told::unreachable || outage.told == track::told::taking_back;
}

/// Why a provider's outage is what keeps a job from being watched.
std::string cause_of(provider_state const& p) {
  if (!stands(p.reach) || !p.reach.failing()) return {};
  return p.cause_since == track::never ? "provider " + p.saved.name + " is unreachable" : p.last_cause;
}

std::optional<base::time_point> maybe(base::time_point when) {
  if (when == track::never || when == base::time_point::max()) return std::nullopt;
  return when;
}

}  // namespace

job_state_kind engine::state::state_of(job_index job) const {
  job_state const& j = jobs[job];
  if (j.done) return job_state_kind::done;
  if (stands(providers[what.jobs[job].provider].reach)) return job_state_kind::unreachable;
  if (j.trouble && j.trouble->not_found) return job_state_kind::not_found;  // told or not: it says more
  if (j.trouble && stands(j.trouble->reach)) return job_state_kind::unreachable;
  auto const some = [&](auto const& holds) { return j.pursuit && std::ranges::any_of(j.pursuit->builds, holds); };
  if (some([](watched_build const& b) { return track::under_way(b.known); })) return job_state_kind::running;
  if (some(queued)) return job_state_kind::queued;
  // A call that is refused is answered too, and says nothing of the job.
  bool const fails_unseen = !j.proven && j.trouble && j.trouble->failing;
  return j.heard == track::never || fails_unseen ? job_state_kind::pending : job_state_kind::idle;
}

base::time_point engine::state::next_poll_of(job_index job, base::time_point now) const {
  job_state const& j = jobs[job];
  if (j.stage == stage::done || stopped) return base::time_point::max();
  provider_state const& p = providers[what.jobs[job].provider];
  return j.stage == stage::queued && p.gate.quiet(now) ? std::max(j.due, p.gate.opens()) : j.due;
}

job_standing engine::standing_of(job_index job, base::instant now) const {
  state const& s = *state_;
  job_state const& j = s.jobs[job];
  job_standing how;
  how.state = s.state_of(job);
  how.polled = maybe(j.polled);
  how.heard = maybe(j.heard);
  how.next_poll = maybe(s.next_poll_of(job, now.mono));
  if (j.trouble && (j.trouble->reach.failing() || j.trouble->not_found)) how.error = j.trouble->text;
  bool const unreachable = how.state == job_state_kind::unreachable;
  if (unreachable && how.error.empty()) how.error = cause_of(s.providers[s.what.jobs[job].provider]);
  if (!j.pursuit) return how;
  base::time_point begin = track::never;  // of the newest that runs
  for (watched_build const& b : std::views::reverse(j.pursuit->builds)) {
    bool const runs = track::under_way(b.known);
    if (!runs && !queued(b)) continue;
    if (!how.build) how.build = shown(b, now);
    if (!runs) continue;
    if (how.running.empty()) begin = track::begin_of(b.known, now);
    how.running.push_back(shown(b, now));
  }
  bool const reckoned = how.state == job_state_kind::running && j.pursuit->lengths && begin != track::never;
  if (reckoned) how.ahead = j.pursuit->lengths->outlook.at(now.mono - begin);
  return how;
}

provider_standing engine::standing_of_provider(provider_index which) const {
  provider_state const& p = state_->providers[which];
  provider_standing how;
  how.watched = !p.jobs.empty();
  how.answered = p.answered;
  how.failed = p.failed;
  how.up = how.tried() && p.cause_since == track::never && (p.watched == 0 || p.failing < p.watched);
  return how;
}

engine_counts engine::counts() const {
  engine_counts n;
  count(0, state_->jobs.size(), n);
  return n;
}

void engine::count(job_index first, std::size_t most, engine_counts& into) const {
  std::size_t const end = std::min(first + most, state_->jobs.size());
  for (job_index i = first; i < end; ++i) {
    ++into.jobs;
    switch (state_->state_of(i)) {
      case job_state_kind::idle: ++into.idle; break;
      case job_state_kind::pending: ++into.pending; break;
      case job_state_kind::queued: ++into.queued; break;
      case job_state_kind::running: ++into.running; break;
      case job_state_kind::not_found: ++into.not_found; break;
      case job_state_kind::unreachable: ++into.unreachable; break;
      case job_state_kind::done: ++into.done; break;
    }
  }
}

}  // namespace buildwatch::watch

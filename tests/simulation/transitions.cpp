#include "simulation/transitions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::event_type;
using model::sight;

constexpr base::duration settling = 60s;

model::outcome outcome_meant(std::string const& word) {
  if (word == "SUCCESS") return model::outcome::success;
  if (word == "FAILURE") return model::outcome::failure;
  if (word == "UNSTABLE") return model::outcome::unstable;
  if (word == "ABORTED") return model::outcome::aborted;
  return model::outcome::unknown;
}

/// A number for each thing that a followed job asks: of a build its own.
std::uint32_t question_of(watch::asks what, std::uint32_t build) {
  if (what == watch::asks::build) return build;
  return what == watch::asks::list ? UINT32_MAX : 0;
}

std::string key_of(model::event const& e, watch::job_memory const& of) {
  return build_key(e.provider, of.job_id, e.build ? e.build->number : of.build);
}

}  // namespace

base::duration transitions::up() const { return up_before_ + clock_.elapsed() - life_began_; }

void transitions::life_begins() { life_began_ = clock_.elapsed(); }

void transitions::life_ends() {
  up_before_ = up();
  life_began_ = clock_.elapsed();
  for (auto& [key, b] : builds_) {
    b.undecided.life_ends(b.remembered_at);
    if (b.proven_at && *b.proven_at >= b.remembered_at) b.proven_at.reset();
  }
  for (auto* const all : {&jobs_, &providers_}) {
    for (auto& [name, s] : *all) {
      s.failing.life_ends(s.remembered_up);
      s.perhaps.life_ends(s.remembered_up);
      if (s.perhaps.since && all == &jobs_) suspect_builds(name, s);
    }
  }
}

/// Which of its questions failed is not known over a restart: any may have.
void transitions::suspect_builds(std::string const& job, subject& of) const {
  of.unanswered.insert(0);
  std::string const each = job.substr(0, job.find('#') + 1);
  for (auto b = builds_.lower_bound(each); b != builds_.end() && b->first.starts_with(each); ++b) {
    if (!b->second.finished) of.unanswered.insert(static_cast<std::uint32_t>(std::stoul(b->first.substr(each.size()))));
  }
}

void transitions::remembered(watch::job_memory const& of, base::duration ago) {
  std::string const key = build_key(of.provider, of.job_id, of.build);
  jobs_[key].remembered_up = up() - ago;
  builds_[key].remembered_at = clock_.elapsed() - ago;
  if (of.build != 0) return;
  std::string const each = key.substr(0, key.size() - 1);
  for (auto b = builds_.lower_bound(each); b != builds_.end() && b->first.starts_with(each); ++b) {
    b->second.remembered_at = clock_.elapsed() - ago;
  }
}

void transitions::in_force(setup const& s) {
  now_ = s;
  for (job_setup const& j : s.jobs) {
    for (subject* const of : {&jobs_[build_key(j.provider, j.job_id, j.build)], &providers_[j.provider]}) {
      of->patience = std::min(of->patience, j.times->unreachable_after);
    }
  }
}

void transitions::fails(subject& of, bool surely) {
  if (surely) of.failing.goes_on(up());
  of.perhaps.goes_on(up());
}

void transitions::answers(subject& of, bool surely) {
  of.perhaps_over_at = up();
  of.failing.is_over(up(), of.remembered_up);
  if (surely) of.perhaps.is_over(up(), of.remembered_up);
}

void transitions::saw_build(build_facts& b, sight seen) {
  b.running_seen = b.running_seen || seen == sight::running;
  b.finished_seen = b.finished_seen || seen == sight::finished;
  seen == sight::undecided ? b.undecided.goes_on(clock_.elapsed())
                           : b.undecided.is_over(clock_.elapsed(), b.remembered_at);
}

void transitions::answered(std::string const& provider, std::string const& job_id, std::uint32_t build,
                           watch::asks what, model::observation const& seen) {
  bool const followed = is_followed(job_id);
  std::string const key = build_key(provider, job_id, followed ? 0 : build);
  bool const extra = what == watch::asks::record || (what == watch::asks::list && !followed);
  subject& job = jobs_[key];
  subject& all = providers_[provider];
  if (seen.sight == sight::failed) {
    if (extra) return;
    bool const surely = what != watch::asks::list;  // else it may have been for the history
    if (followed) job.unanswered.insert(question_of(what, build));
    fails(job, surely);
    fails(all, surely);
    return;
  }
  answers(all, true);
  if (extra) return;
  build_facts& b = builds_[key];
  if (followed) {
    if (what == watch::asks::build) saw_build(builds_[build_key(provider, job_id, build)], seen.sight);
    job.unanswered.erase(question_of(what, build));
    return answered_followed(b, job, what, seen);
  }
  if (seen.sight == sight::no_such_job) return fails(job, true);
  job.perhaps_over_at = up();
  if (seen.sight == sight::no_such_build && !b.proven_at) return;  // the next question tells
  if (!b.proven_at) b.proven_at = clock_.elapsed();
  answers(job, true);
  if (what == watch::asks::build) saw_build(b, seen.sight);
}

/// An answer may be one of several that a search asks for: only where the newest number is told, that is over, and
/// only if nothing else failed when it was last asked.
void transitions::answered_followed(build_facts& known, subject& job, watch::asks what,
                                    model::observation const& seen) {
  if (seen.sight == sight::no_such_job && !known.proven_at) {
    if (known.proven_once) answers(job, false);
    return fails(job, !known.proven_once);
  }
  bool const newest = what == watch::asks::newest && seen.sight != sight::refused_call;
  bool const there = seen.sight != sight::refused_call && seen.sight != sight::no_such_build;
  if (there && !known.proven_at) known.proven_at = clock_.elapsed();
  known.proven_once = known.proven_once || there;
  answers(job, newest && job.unanswered.empty());
}

void transitions::fail(model::event const& e, std::string_view why) {
  std::string const of = e.job ? e.job->name : e.provider;
  std::string const number = e.build ? fmt::format(" #{}", e.build->number) : std::string();
  told_.fail(fmt::format("{} of {}{}: {}", to_string(e.type), of, number, why));
}

void transitions::claimed(watch::transition const& what) {
  model::event const& e = what.event;
  if (e.build) {
    if (!what.job) return fail(e, "it comes without what is known of its job");
    return claimed_build(e, builds_[key_of(e, *what.job)]);
  }
  if (e.job.has_value() != what.job.has_value() || e.job.has_value() == what.provider.has_value()) {
    return fail(e, "it comes with what is known of another");
  }
  if (what.job) return claimed_outage(e, jobs_[key_of(e, *what.job)], &what.job->reach);
  claimed_outage(e, providers_[e.provider], &what.provider->reach);
}

void transitions::claimed_build(model::event const& e, build_facts const& known) {
  if (e.id != model::event_id(e.provider, e.job->job_id, e.build->number, e.type)) fail(e, "its id is another's");
  if (known.finished && !known.guessed) return fail(e, "its end was stored before");
  if (e.type == event_type::build_started) {
    if (known.started && !known.guessed) fail(e, "its start was stored before");
    if (!known.running_seen) fail(e, "nobody has seen it run");
    return;
  }
  if (e.type == event_type::build_overdue) {
    if (known.overdue) fail(e, "it was stored before");
    if (!known.started) fail(e, "its start was not stored");
    return;
  }
  bool const long_enough = known.undecided.reached(settling, clock_.elapsed()) || clock_.wall_steps() > 0;
  bool const settled = known.running_seen && long_enough;
  bool const seen = known.finished_seen && e.build->outcome == outcome_meant(e.build->result);
  if (!seen && !(settled && e.build->outcome == model::outcome::unknown)) fail(e, "nobody has seen it end so");
  auto const& b = *e.build;
  auto const belief = b.times_exact ? 60s : 0s;  // in a record
  if (b.last_seen_running &&
      (*b.last_seen_running > *b.first_seen_finished || *b.finished_at > *b.first_seen_finished + belief ||
       *b.finished_at < *b.last_seen_running - belief)) {
    fail(e, "its times are inverted");
  }
}

void transitions::stored(watch::transition const& what) {
  model::event const& e = what.event;
  std::string const key = what.job ? key_of(e, *what.job) : e.provider;
  std::string meaning = fmt::format("{} {}", to_string(e.type), key);
  if (!e.build) meaning += fmt::format(" {}", clock_.elapsed().count());
  if (!ids_.emplace(e.id, std::move(meaning)).second) fail(e, "its id was stored before");
  if (e.type == event_type::build_started) builds_[key].started = true;
  if (e.type == event_type::build_finished) {
    build_facts& b = builds_[key];
    b.finished = true;
    b.guessed = !b.finished_seen;
  }
  if (e.type == event_type::build_overdue) builds_[key].overdue = true;
  if (!e.build) stored_outage(what, what.job ? jobs_[key] : providers_[key]);
}

std::string transitions::missing_of(job_setup const& j, script const& s) const {
  std::string const key = build_key(j.provider, j.job_id, j.build);
  auto const at = builds_.find(key);
  build_facts const known = at == builds_.end() ? build_facts{} : at->second;
  base::duration const now = clock_.elapsed();
  if (known.finished) return {};
  if (s.settled <= now && s.exists <= now) return fmt::format("{}: its end was never told", key);
  if (s.starts <= now && s.ends > now && !known.started) return fmt::format("{}: its start was never told", key);
  return left_open(j);
}

std::string transitions::left_open(job_setup const& j) const {
  std::string const key = build_key(j.provider, j.job_id, j.build);
  auto const of = jobs_.find(key);
  if (of != jobs_.end() && of->second.open) return fmt::format("{}: an outage was left open", key);
  auto const all = providers_.find(j.provider);
  if (all != providers_.end() && all->second.open) return fmt::format("{}: an outage was left open", j.provider);
  return {};
}

std::string transitions::missing(setup const& s, world& truth) const {
  for (job_setup const& j : s.jobs) {
    std::string what =
        is_followed(j.job_id) ? left_open(j) : missing_of(j, truth.build(build_key(j.provider, j.job_id, j.build)));
    if (!what.empty()) return what;
  }
  return {};
}

}  // namespace buildwatch::simulation

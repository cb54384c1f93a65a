#include "simulation/transitions.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::event_type;
using model::sight;

// So long may a decision be on its way to the store.
constexpr base::duration on_its_way = 30s;
// Stamps are stored in whole milliseconds.
constexpr base::duration rounding = 10ms;
constexpr base::duration settling = 60s;

model::outcome outcome_meant(std::string const& word) {
  if (word == "SUCCESS") return model::outcome::success;
  if (word == "FAILURE") return model::outcome::failure;
  if (word == "UNSTABLE") return model::outcome::unstable;
  if (word == "ABORTED") return model::outcome::aborted;
  return model::outcome::unknown;
}

std::string key_of(model::event const& e, watch::job_memory const& of) {
  return build_key(e.provider, of.job_id, of.build);
}

bool bad(event_type t) { return t == event_type::job_unreachable || t == event_type::provider_unreachable; }

}  // namespace

bool lasting::reached(base::duration long_enough, base::duration now) const {
  if (since && now - *since >= long_enough - rounding) return true;
  return before && now - over_at <= on_its_way && over_at - *before >= long_enough - rounding;
}

base::duration transitions::up() const { return up_before_ + clock_.elapsed() - life_began_; }

void transitions::life_begins() { life_began_ = clock_.elapsed(); }

void transitions::life_ends() {
  up_before_ = up();
  life_began_ = clock_.elapsed();
  for (auto& [key, b] : builds_) {
    b.undecided.life_ends(remembered_at_);
    if (b.proven_at && *b.proven_at >= remembered_at_) b.proven_at.reset();
  }
  for (auto* const all : {&jobs_, &providers_}) {
    for (auto& [name, s] : *all) s.failing.life_ends(remembered_up_);
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

void transitions::answered(std::string const& provider, std::string const& job_id, std::uint32_t build,
                           watch::asks what, model::observation const& seen) {
  std::string const key = build_key(provider, job_id, build);
  build_facts& b = builds_[key];
  subject& job = jobs_[key];
  subject& all = providers_[provider];
  if (seen.sight == sight::failed) {
    job.failing.goes_on(up());
    all.failing.goes_on(up());
    return;
  }
  all.failing.is_over(up(), remembered_up_);
  if (seen.sight == sight::no_such_job) {
    job.failing.goes_on(up());
    return;
  }
  job.perhaps_over_at = up();
  if (seen.sight == sight::no_such_build && !b.proven_at) return;  // the next question tells
  if (!b.proven_at) b.proven_at = clock_.elapsed();
  job.failing.is_over(up(), remembered_up_);
  if (what == watch::asks::newest) return;
  b.running_seen = b.running_seen || seen.sight == sight::running;
  b.finished_seen = b.finished_seen || seen.sight == sight::finished;
  seen.sight == sight::undecided ? b.undecided.goes_on(clock_.elapsed())
                                 : b.undecided.is_over(clock_.elapsed(), remembered_at_);
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
  if (known.finished) return fail(e, "its end was stored before");
  if (e.type == event_type::build_started) {
    if (known.started) fail(e, "its start was stored before");
    if (!known.running_seen) fail(e, "nobody has seen it run");
    return;
  }
  if (e.type != event_type::build_finished) return fail(e, "nobody knows such an event");
  bool const long_enough = known.undecided.reached(settling, clock_.elapsed()) || clock_.wall_steps() > 0;
  bool const settled = known.running_seen && long_enough;
  bool const seen = known.finished_seen && e.build->outcome == outcome_meant(e.build->result);
  if (!seen && !(settled && e.build->outcome == model::outcome::unknown)) fail(e, "nobody has seen it end so");
  auto const& b = *e.build;
  if (b.last_seen_running && (*b.last_seen_running > *b.first_seen_finished ||
                              *b.finished_at > *b.first_seen_finished || *b.finished_at < *b.last_seen_running)) {
    fail(e, "its times are inverted");
  }
}

/// Where all jobs of a provider fail, the first that has for long enough is reported as the provider's.
bool transitions::some_job_failed_for_long(std::string const& provider) const {
  return std::ranges::any_of(jobs_, [&](auto const& job) {
    return job.first.starts_with(provider + "/") && job.second.failing.reached(job.second.patience, up());
  });
}

bool transitions::somebody_to_watch(std::string const& provider) const {
  return std::ranges::any_of(now_.jobs, [&](job_setup const& j) {
    auto const at = builds_.find(build_key(j.provider, j.job_id, j.build));
    return j.provider == provider && (at == builds_.end() || !at->second.finished);
  });
}

void transitions::claimed_outage(model::event const& e, subject const& of, watch::reach_memory const* reach) {
  if (bad(e.type)) {
    if (of.open) fail(e, "it was told before");
    if (!of.failing.reached(of.patience, up()) && (e.job || !some_job_failed_for_long(e.provider))) {
      auto const lasted = of.failing.since ? up() - *of.failing.since : base::duration::zero();
      fail(e, fmt::format("it has failed for {} only, not {}", lasted, of.patience));
    }
    if (!reach->told) fail(e, "what is known does not say that it was told");
    subject const& all = providers_[e.provider];
    if (e.job && all.open && all.failing.since && all.opened_at + on_its_way < up()) {
      fail(e, "its provider was told of before");
    }
  } else {
    if (!of.open) fail(e, "no outage of it was told");
    if (reach->told) fail(e, "what is known says that it is told still");
    // After a restart with nobody left to ask for, what is open is closed.
    bool const asked_for = e.job || somebody_to_watch(e.provider);
    bool const fails = of.failing.since && up() - std::max(*of.failing.since, of.perhaps_over_at) > on_its_way;
    if (asked_for && fails) fail(e, "it fails still");
  }
  std::int64_t const begin = bad(e.type) ? reach->told_begin.time_since_epoch().count() : of.open.value_or(0);
  std::string_view const job_id = e.job ? std::string_view(e.job->job_id) : std::string_view();
  if (e.id != model::event_id(e.provider, job_id, begin, e.type)) fail(e, "its id is another's");
}

void transitions::stored(watch::transition const& what) {
  model::event const& e = what.event;
  std::string const key = what.job ? key_of(e, *what.job) : e.provider;
  std::string meaning = fmt::format("{} {}", to_string(e.type), key);
  if (!e.build) meaning += fmt::format(" {}", clock_.elapsed().count());
  if (!ids_.emplace(e.id, std::move(meaning)).second) fail(e, "its id was stored before");
  if (e.type == event_type::build_started) builds_[key].started = true;
  if (e.type == event_type::build_finished) builds_[key].finished = true;
  if (e.build) return;
  subject& of = what.job ? jobs_[key] : providers_[key];
  of.open.reset();
  if (!bad(e.type)) return;
  of.open = (what.job ? what.job->reach : what.provider->reach).told_begin.time_since_epoch().count();
  of.opened_at = up();
}

std::string transitions::missing_of(job_setup const& j, script const& s) const {
  std::string const key = build_key(j.provider, j.job_id, j.build);
  auto const at = builds_.find(key);
  build_facts const known = at == builds_.end() ? build_facts{} : at->second;
  base::duration const now = clock_.elapsed();
  if (known.finished) return {};
  if (s.settled <= now && s.exists <= now) return fmt::format("{}: its end was never told", key);
  if (s.starts <= now && s.ends > now && !known.started) return fmt::format("{}: its start was never told", key);
  auto const of = jobs_.find(key);
  if (of != jobs_.end() && of->second.open) return fmt::format("{}: an outage was left open", key);
  auto const all = providers_.find(j.provider);
  if (all != providers_.end() && all->second.open) return fmt::format("{}: an outage was left open", j.provider);
  return {};
}

std::string transitions::missing(setup const& s, world& truth) const {
  for (job_setup const& j : s.jobs) {
    std::string what = missing_of(j, truth.build(build_key(j.provider, j.job_id, j.build)));
    if (!what.empty()) return what;
  }
  return {};
}

}  // namespace buildwatch::simulation

// Outages: what the daemon tells of them, against what the providers answered.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "simulation/transitions.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::event_type;

// So long may a decision be on its way to the store.
constexpr base::duration on_its_way = 30s;
// Stamps are stored in whole milliseconds.
constexpr base::duration rounding = 10ms;

bool bad(event_type t) { return t == event_type::job_unreachable || t == event_type::provider_unreachable; }

}  // namespace

bool lasting::reached(base::duration long_enough, base::duration now) const {
  if (since && now - *since >= long_enough - rounding) return true;
  return before && now - over_at <= on_its_way && over_at - *before >= long_enough - rounding;
}

/// Where all jobs of a provider fail, the first that has for long enough is reported as the provider's.
bool transitions::some_job_failed_for_long(std::string const& provider) const {
  return std::ranges::any_of(jobs_, [&](auto const& job) {
    return job.first.starts_with(provider + "/") && job.second.perhaps.reached(job.second.patience, up());
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
    if (!of.perhaps.reached(of.patience, up()) && (e.job || !some_job_failed_for_long(e.provider))) {
      auto const lasted = of.perhaps.since ? up() - *of.perhaps.since : base::duration::zero();
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

void transitions::stored_outage(watch::transition const& what, subject& of) const {
  of.open.reset();
  if (!bad(what.event.type)) return;
  of.open = (what.job ? what.job->reach : what.provider->reach).told_begin.time_since_epoch().count();
  of.opened_at = up();
}

}  // namespace buildwatch::simulation

#include "buildwatch/model/imagined.hpp"

#include <utility>

namespace buildwatch::model {
namespace {

event_type type_for(selector s) {
  switch (s) {
    case selector::started: return event_type::build_started;
    case selector::overdue: return event_type::build_overdue;
    case selector::unreachable: return event_type::job_unreachable;
    case selector::recovered: return event_type::job_recovered;
    default: return event_type::build_finished;
  }
}

outcome outcome_for(selector s) {
  switch (s) {
    case selector::success:
    case selector::fixed:
    case selector::still_passing: return outcome::success;
    case selector::unstable: return outcome::unstable;
    case selector::aborted: return outcome::aborted;
    case selector::unknown: return outcome::unknown;
    default: return outcome::failure;
  }
}

void add_change(selector s, event& e) {
  switch (s) {
    case selector::broken: e.change = change::broken; break;
    case selector::fixed: e.change = change::fixed; break;
    case selector::still_failing: e.change = change::still_failing; break;
    case selector::still_passing: e.change = change::still_passing; break;
    default: return;
  }
  bool const was_passing = e.change == change::broken || e.change == change::still_passing;
  e.previous = previous_build{e.build->number - 1, was_passing ? outcome::success : outcome::failure};
}

build build_for(selector s, std::uint32_t number, event const& e) {
  build b;
  b.number = number;
  b.building = e.type != event_type::build_finished;
  if (b.building) {
    b.first_seen_running = s == selector::overdue ? e.timestamp - std::chrono::hours(2) : e.timestamp;
    b.last_seen_running = e.timestamp;
    return b;
  }
  b.outcome = outcome_for(s);
  b.result = to_string(*b.outcome);
  b.last_seen_running = e.timestamp - std::chrono::seconds(15);
  b.first_seen_finished = e.timestamp;
  b.finished_at = e.timestamp - std::chrono::milliseconds(7500);
  return b;
}

}  // namespace

event imagined_event(selector s, model::job job, std::uint32_t build, base::wall_time now) {
  event e;
  e.type = type_for(s);
  e.timestamp = now;
  e.provider = job.provider;
  e.job = std::move(job);
  if (e.type == event_type::job_unreachable || e.type == event_type::job_recovered) return e;
  e.build = build_for(s, build, e);
  add_change(s, e);
  return e;
}

event imagined_event(selector s, std::string provider, base::wall_time now) {
  event e;
  e.type = s == selector::recovered ? event_type::provider_recovered : event_type::provider_unreachable;
  e.timestamp = now;
  e.provider = std::move(provider);
  return e;
}

}  // namespace buildwatch::model

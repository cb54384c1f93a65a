#include "simulation/matching.hpp"

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using model::event_type;
using model::selector;

/// `*` and `?` alone.
bool like(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == '*') return like(glob.substr(1), name) || (!name.empty() && like(glob, name.substr(1)));
  return !name.empty() && (glob[0] == '?' || glob[0] == name[0]) && like(glob.substr(1), name.substr(1));
}

bool chosen(selector s, model::event const& e) {
  bool const finished = e.type == event_type::build_finished;
  auto const ended = [&](model::outcome o) { return finished && e.build->outcome == o; };
  switch (s) {
    case selector::all: return true;
    case selector::started: return e.type == event_type::build_started;
    case selector::finished: return finished;
    case selector::success: return ended(model::outcome::success);
    case selector::failure: return ended(model::outcome::failure);
    case selector::unstable: return ended(model::outcome::unstable);
    case selector::aborted: return ended(model::outcome::aborted);
    case selector::unknown: return ended(model::outcome::unknown);
    case selector::unreachable:
      return e.type == event_type::job_unreachable || e.type == event_type::provider_unreachable;
    case selector::recovered: return e.type == event_type::job_recovered || e.type == event_type::provider_recovered;
    case selector::overdue: return e.type == event_type::build_overdue;
    case selector::broken: return e.change == model::change::broken;
    case selector::fixed: return e.change == model::change::fixed;
    case selector::still_failing: return e.change == model::change::still_failing;
    case selector::still_passing: return e.change == model::change::still_passing;
  }
  return false;
}

bool about(rule_setup const& r, std::string const& name, model::labels const& labels) {
  bool const named = r.jobs.empty() || std::ranges::any_of(r.jobs, [&](auto const& glob) { return like(glob, name); });
  return named && std::ranges::all_of(r.labels, [&](auto const& l) { return std::ranges::count(labels, l) > 0; });
}

bool concerns(rule_setup const& r, setup const& s, model::event const& e) {
  if (e.job) return about(r, e.job->name, e.job->labels);
  return std::ranges::any_of(
      s.jobs, [&](job_setup const& j) { return j.provider == e.provider && about(r, j.name, *j.labels); });
}

}  // namespace

std::set<std::string> sinks_owed(setup const& s, model::event const& e) {
  std::set<std::string> owed;
  for (sink_setup const& sink : s.sinks) {
    if (!s.rules) owed.insert(sink.how.name);
  }
  if (!s.rules) return owed;
  for (rule_setup const& r : *s.rules) {
    bool const selected = std::ranges::any_of(r.events, [&](selector w) { return chosen(w, e); });
    if (!selected || !concerns(r, s, e)) continue;
    for (std::string const& name : r.to) {
      if (s.sink(name) != nullptr) owed.insert(name);
    }
  }
  return owed;
}

}  // namespace buildwatch::simulation

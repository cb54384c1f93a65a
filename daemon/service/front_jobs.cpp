// Jobs as the API shows them.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "service/front.hpp"

namespace buildwatch::service {
namespace {

web::job_state state_of(watch::job_state_kind state) {
  switch (state) {
    case watch::job_state_kind::idle: return web::job_state::idle;
    case watch::job_state_kind::pending: return web::job_state::pending;
    case watch::job_state_kind::queued: return web::job_state::queued;
    case watch::job_state_kind::running: return web::job_state::running;
    case watch::job_state_kind::not_found: return web::job_state::not_found;
    case watch::job_state_kind::unreachable: return web::job_state::unreachable;
    case watch::job_state_kind::done: break;
  }
  return web::job_state::done;
}

/// In whole seconds: nobody knows it better, and an answer keeps its entity tag for a while.
base::wall_time after(base::wall_time now, base::duration left) {
  return std::chrono::round<std::chrono::seconds>(now + std::chrono::round<std::chrono::milliseconds>(left));
}

void add_forecast(forecast::estimate const& ahead, base::wall_time now, web::job_view& to) {
  to.progress = std::round(ahead.progress * 1000) / 1000;
  to.eta = after(now, ahead.left);
  to.eta_between = std::pair(after(now, ahead.left_low), after(now, ahead.left_high));
}

/// With what the engine does not keep of a build that runs.
model::build complete(model::build b, board::record const& known) {
  model::build const* const started = b.building ? board::started(known, b.number) : nullptr;
  if (!started) return b;
  b.region = started->region;
  b.source = started->source;
  if (!b.started_at) b.started_at = started->started_at;
  return b;
}

}  // namespace

web::job_view front::view_of(watch::job_index job) const {
  watch::options const& what = parts_.watching.settings();
  watch::job_options const& named = what.jobs[job];
  watch::job_standing const how = parts_.watching.standing_of(job);
  board::record const& known = board_.of(what, named);
  web::job_view v;
  v.job = {named.name, what.providers[named.provider].name, named.job_id.str(), *named.labels};
  v.state = state_of(how.state);
  if (known.finished) v.finished = v.build = *known.finished;
  if (how.build && (!v.build || how.build->number > v.build->number)) v.build = complete(*how.build, known);
  for (model::build const& b : how.running) v.running.push_back(complete(b, known));
  if (how.ahead) add_forecast(*how.ahead, parts_.house.clock.now().wall, v);
  v.last_poll_at = stamp_of(how.polled);
  v.next_poll_at = stamp_of(how.next_poll);
  if (!how.error.empty()) v.last_error = how.error;
  return v;
}

std::optional<base::wall_time> front::stamp_of(std::optional<base::time_point> when) const {
  if (!when) return std::nullopt;
  return wall_.of(*when, parts_.house.clock.now());
}

/// Of the first name that does not come before it.
std::vector<std::uint32_t>::const_iterator front::place_of(std::string_view name) const {
  auto const& all = parts_.watching.settings().jobs;
  return std::ranges::lower_bound(shown_.by_name, name, {},
                                  [&all](std::uint32_t i) { return std::string_view(all[i].name); });
}

void front::read(std::string_view after, std::size_t most, std::vector<web::job_view>& into) const {
  auto const& all = parts_.watching.settings().jobs;
  auto at = place_of(after);
  if (at != shown_.by_name.end() && all[*at].name == after) ++at;
  for (; at != shown_.by_name.end() && most > 0; ++at, --most) into.push_back(view_of(*at));
}

std::optional<web::job_view> front::named(std::string_view name) const {
  auto const at = place_of(name);
  if (at == shown_.by_name.end() || parts_.watching.settings().jobs[*at].name != name) return std::nullopt;
  return view_of(*at);
}

}  // namespace buildwatch::service

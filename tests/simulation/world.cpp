#include "simulation/world.hpp"

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

}  // namespace

script world::make_script() {
  static constexpr char const* words[] = {"SUCCESS", "SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "PUZZLING"};
  base::duration const now = clock_.elapsed();
  base::duration const left = calm_from_ > now ? std::min<base::duration>(calm_from_ - now, 6h) : 1min;
  script s;
  s.exists = luck_.one_in(10) ? now + luck_.between(0s, left / 2) : now;
  s.queued = s.exists + luck_.between(0s, left / 3);
  s.starts = luck_.one_in(3) ? s.queued : s.queued + luck_.between(0s, 5min);
  if (luck_.one_in(6)) s.queued = s.starts = now - 1h;  // runs already
  s.ends = s.starts + (luck_.one_in(4) ? luck_.between(1s, 1min) : luck_.between(1min, 40min));
  if (luck_.one_in(8)) {  // all over before anybody looked
    s.exists = s.queued = s.starts = now - 1h;
    s.ends = now;
  }
  if (luck_.one_in(20)) s.starts = s.ends = for_ever;
  if (luck_.one_in(20)) s.ends = for_ever;
  s.settled = s.ends;
  if (s.ends != for_ever && luck_.one_in(4)) s.settled += luck_.between(0s, luck_.one_in(3) ? 3min : 40s);
  s.word = luck_.one_of(words);
  return s;
}

script const& world::build(std::string const& key) {
  auto const at = scripts_.find(key);
  return at != scripts_.end() ? at->second : scripts_.emplace(key, make_script()).first->second;
}

followed_job const& world::job(std::string const& key) {
  auto const at = jobs_.find(key);
  if (at != jobs_.end()) return at->second;
  base::duration const now = clock_.elapsed();
  return jobs_.emplace(key, make_followed(luck_, now, std::max(calm_from_, now))).first->second;
}

model::observation world::look(std::string const& key, watch::asks what, std::uint32_t build, std::uint32_t page) {
  followed_job const& of = job(key);
  bool const odd = how_.poll_faults && !calm() && luck_.one_in(60);
  bool const stale = odd && what == watch::asks::newest;
  model::observation seen = of.answer(what, build, page, clock_.elapsed() - (stale ? 30s : 0s));
  bool const begun = seen.sight == model::sight::running || seen.sight == model::sight::undecided;
  if (!odd || what != watch::asks::build || !begun) return seen;
  seen.sight = luck_.one_in(4) ? model::sight::no_such_build : model::sight::undecided;
  return seen;
}

model::observation world::look(std::string const& key, watch::asks what) {
  script const& s = build(key);
  base::duration const now = clock_.elapsed();
  bool const odd = how_.poll_faults && !calm() && luck_.one_in(25);
  model::observation seen;
  seen.fault = model::fault::none;
  seen.region = "r";
  if (what == watch::asks::record) {
    seen.sight = model::sight::no_such_build;
    return seen;
  }
  if (what != watch::asks::build) {
    seen.sight = now >= s.exists ? model::sight::job_exists : model::sight::no_such_job;
    if (odd) seen.sight = model::sight::refused_call;
    seen.text = "as it is";
    return seen;
  }
  if (now < s.queued || (odd && luck_.one_in(3))) {
    seen.sight = model::sight::no_such_build;
  } else if (now >= s.settled) {
    seen.sight = model::sight::finished;
    seen.word = s.word;
  } else if (now < s.starts || now >= s.ends || odd) {
    seen.sight = model::sight::undecided;
    seen.word = now < s.starts ? "QUEUED" : "";
  } else {
    seen.sight = model::sight::running;
  }
  return seen;
}

world::mood world::provider_mood(std::string const& provider) {
  static constexpr mood bad[] = {mood::flaky,       mood::flaky,     mood::hangs,   mood::unreachable,
                                 mood::unreachable, mood::throttles, mood::refuses, mood::broken};
  if (calm() || !how_.poll_faults) return mood::well;
  weather& w = providers_[provider];
  if (clock_.elapsed() >= w.until) {
    w.now = w.now == mood::well && !luck_.one_in(3) ? luck_.one_of(bad) : mood::well;
    w.until = clock_.elapsed() + (w.now == mood::well ? luck_.between(10s, 25min) : luck_.between(1s, 12min));
  }
  if (w.now == mood::flaky) return luck_.one_in(2) ? mood::well : luck_.one_of(bad);
  return luck_.one_in(50) ? luck_.one_of(bad) : w.now;
}

model::observation world::fault(mood of) {
  model::observation seen;
  seen.sight = model::sight::failed;
  seen.text = "it fails";
  switch (of) {
    case mood::unreachable: seen.fault = model::fault::no_connection; break;
    case mood::refuses: seen.fault = model::fault::refused; break;
    case mood::throttles:
      seen.fault = model::fault::throttled;
      if (luck_.one_in(2)) seen.retry_after = luck_.one_in(30) ? luck_.between(1h, 3h) : luck_.between(0s, 3min);
      break;
    default: seen.fault = model::fault::other; break;
  }
  return seen;
}

reply world::answer_to(std::string const& provider) {
  mood const now = provider_mood(provider);
  reply r;
  r.before = luck_.between(1ms, 300ms);
  if (now == mood::well) {
    if (how_.poll_faults && luck_.one_in(30)) r.after = luck_.between(0s, calm() ? 2s : 9s);
    return r;
  }
  r.hangs = now == mood::hangs;
  r.fault = fault(now);
  return r;
}

world::mood world::sink_mood(std::string const& sink) {
  static constexpr mood bad[] = {mood::flaky,  mood::hangs,    mood::unreachable, mood::unreachable,
                                 mood::broken, mood::swallows, mood::throttles};
  if (calm() || !how_.receiver_faults) return mood::well;
  weather& w = sinks_[sink];
  if (clock_.elapsed() >= w.until) {
    w.now = w.now == mood::well && !luck_.one_in(3) ? luck_.one_of(bad) : mood::well;
    w.until = clock_.elapsed() + (w.now == mood::well ? luck_.between(10s, 30min) : luck_.between(10s, 40min));
  }
  if (luck_.one_in(150)) return mood::gone;
  if (w.now == mood::flaky) return luck_.one_in(2) ? mood::well : luck_.one_of(bad);
  return luck_.one_in(40) ? luck_.one_of(bad) : w.now;
}

reaction world::failing(mood of) {
  using notify::verdict;
  reaction r;
  r.takes = luck_.between(1ms, 500ms);
  switch (of) {
    case mood::hangs:
      r.takes = try_timeout;
      r.receives = luck_.one_in(2);
      r.answer = {verdict::retry_paused, std::nullopt, "timed out"};
      break;
    case mood::throttles:
      r.answer = {verdict::retry_paused, luck_.between(0s, luck_.one_in(50) ? 3h : 2min), "429 Too Many Requests"};
      break;
    case mood::swallows:  // it has the event, and its answer is lost
      r.receives = true;
      r.answer = {luck_.one_in(2) ? verdict::retry_paused : verdict::retry, std::nullopt, "connection reset"};
      break;
    case mood::gone: r.answer = {verdict::gone, std::nullopt, "410 Gone"}; break;
    case mood::broken: r.answer = {verdict::retry, std::nullopt, "500 Internal Server Error"}; break;
    default: r.answer = {verdict::retry_paused, std::nullopt, "Connection refused"}; break;
  }
  return r;
}

reaction world::take(std::string const& sink) {
  mood const now = sink_mood(sink);
  if (now != mood::well) return failing(now);
  reaction r;
  r.takes = luck_.one_in(20) ? luck_.between(1s, 10s) : luck_.between(1ms, 300ms);
  r.receives = true;
  r.answer = {notify::verdict::delivered, std::nullopt, "204 No Content"};
  return r;
}

}  // namespace buildwatch::simulation

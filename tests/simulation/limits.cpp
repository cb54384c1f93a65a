#include "simulation/limits.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

constexpr base::duration being_stored = 5s;  // on a slow disk
constexpr base::duration rounding = 2ms;     // stamps are stored in whole milliseconds

double burst(double rate) { return std::max(1.0, rate); }

}  // namespace

void limits::begin(provider_facts& p, watch::provider_options const& how) const {
  p.how = how;
  p.tokens = burst(how.rate_per_second);
  p.counted = clock_.elapsed();
  p.careful = how.has_credential;
  p.quiet_began = p.quiet_until = long_ago;
  p.in_flight.clear();
  // Another credential may be tried at once, and without one nothing locks.
  if (how.credential != p.refused_credential || !how.has_credential) p.refused_until = long_ago;
}

void limits::life_begins(setup const& s) {
  for (provider_setup const& given : s.providers) begin(providers_[given.how.name], given.how);
}

void limits::remembered(std::string const& provider, base::duration ago) {
  provider_facts& p = providers_[provider];
  p.remembered_at = clock_.elapsed() - ago;
  p.pause_stored = p.pause_stored || p.refused_at <= p.remembered_at;
}

void limits::life_ends() {
  for (auto& [name, p] : providers_) {
    p.in_flight.clear();
    if (p.refused_until == long_ago || p.pause_stored) continue;
    // A pause that could not be stored is forgotten, and so is one that a crash has overtaken.
    if (store_failed_at_ >= p.refused_at || clock_.elapsed() - p.refused_at < being_stored) p.refused_until = long_ago;
  }
}

void limits::reloaded(setup const& before, setup const& now) {
  for (provider_setup const& given : now.providers) {
    provider_facts& p = providers_[given.how.name];
    bool const fresh = before.provider(given.how.name) == nullptr;
    if (fresh) begin(p, given.how);
    if (p.how.rate_per_second != given.how.rate_per_second) p.tokens = burst(given.how.rate_per_second);
    if (p.how.credential != given.how.credential) p.refused_until = p.quiet_until = long_ago;
    p.how = given.how;
  }
  std::set<std::string> watched;
  for (job_setup const& j : now.jobs) watched.insert(build_key(j.provider, j.job_id, j.build));
  for (auto& [name, p] : providers_) {
    for (auto& [question, key] : p.in_flight) {
      if (!watched.contains(key)) key.clear();
    }
  }
}

bool limits::refused(std::string const& provider) const {
  auto const at = providers_.find(provider);
  return at != providers_.end() && (at->second.refused || at->second.well_at >= at->second.remembered_at);
}

void limits::asked(std::string const& provider, std::string const& key, std::uint64_t question) {
  provider_facts& p = providers_[provider];
  base::duration const now = clock_.elapsed();
  p.tokens += std::chrono::duration<double>(now - p.counted).count() * p.how.rate_per_second;
  p.tokens = std::min(p.tokens, burst(p.how.rate_per_second)) - 1;
  p.counted = now;
  told_.expect(p.tokens > -0.01, provider + " is asked more often than its rate_limit");
  told_.expect(p.in_flight.size() < p.how.connections, provider + " is asked more at once than it has connections");
  // A question that has been handed out is not called back by the answer of the same moment.
  bool const handed_out = now == p.quiet_began;
  told_.expect(handed_out || !p.careful || p.in_flight.empty(),
               provider + " is asked more than one thing before its first answer");
  told_.expect(handed_out || now >= p.quiet_until, provider + " is asked although it is to be left alone");
  if (p.wall_steps == clock_.wall_steps() && !handed_out) {
    told_.expect(now + rounding >= p.refused_until, provider + " is asked within five minutes of refused credentials");
  }
  bool const twice = std::ranges::any_of(p.in_flight, [&](auto const& other) { return other.second == key; });
  told_.expect(!twice, key + " is asked twice at once");
  p.in_flight.emplace(question, key);
}

void limits::answered(std::string const& provider, std::uint64_t question, base::duration sent,
                      model::observation const& seen) {
  provider_facts& p = providers_[provider];
  base::duration const now = clock_.elapsed();
  if (p.in_flight.erase(question) == 0) return;  // asked of a provider that was removed since
  if (sent <= p.quiet_began) return;             // from before: it says nothing about now
  if (seen.sight != model::sight::failed) {
    p.careful = false;
    if (std::exchange(p.refused, false)) p.well_at = now;
    return;
  }
  if (seen.fault == model::fault::refused) {
    p.refused_at = now;
    p.refused_until = now + 5min;
    p.pause_stored = false;
    p.refused = true;
    p.refused_credential = p.how.credential;
    p.wall_steps = clock_.wall_steps();
  } else if (seen.fault == model::fault::throttled) {
    p.quiet_until = std::max(p.quiet_until, now + std::min<base::duration>(seen.retry_after.value_or(0s), 1h));
  } else {
    return;
  }
  p.quiet_began = now;
  p.careful = true;
}

void limits::renewed(std::string const& provider) {
  provider_facts& p = providers_[provider];
  p.refused_until = p.quiet_until = long_ago;
}

}  // namespace buildwatch::simulation

#include "config/settle.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "config/credential_mark.hpp"

namespace buildwatch::config {
namespace {

/// Jobs with the same times share one object.
class merger {
 public:
  explicit merger(some_times const& defaults) : defaults_(defaults) {}

  std::shared_ptr<watch::timing const> times_of(some_times const& own) {
    watch::timing const t = merged(own, defaults_);
    auto& known = known_[t];
    if (!known) known = std::make_shared<watch::timing const>(t);
    return known;
  }

 private:
  struct by_value {
    static auto all(watch::timing const& t) {
      return std::tie(t.idle, t.building, t.unreachable_after, t.adaptive, t.overdue_auto, t.overdue_after, t.catch_up);
    }
    bool operator()(watch::timing const& a, watch::timing const& b) const { return all(a) < all(b); }
  };

  some_times const& defaults_;
  std::map<watch::timing, std::shared_ptr<watch::timing const>, by_value> known_;
};

watch::provider_options watched(codearts::provider_options const& p) {
  watch::provider_options w;
  w.name = p.name;
  w.connections = p.connections;
  w.rate_per_second = p.rate_per_second;
  w.timeout = p.timeout;
  w.has_credential = !std::holds_alternative<codearts::no_auth>(p.auth);
  w.credential = credential_mark(p.auth);
  return w;
}

std::vector<std::uint32_t> sorted_by_name(std::vector<watch::job_options> const& jobs) {
  std::vector<std::uint32_t> all(jobs.size());
  std::iota(all.begin(), all.end(), 0U);
  std::ranges::sort(all, {}, [&](std::uint32_t i) -> std::string const& { return jobs[i].name; });
  return all;
}

}  // namespace

watch::timing merged(some_times const& own, some_times const& defaults) {
  watch::timing t;
  t.idle = own.idle.value_or(defaults.idle.value_or(t.idle));
  t.building = own.building.value_or(defaults.building.value_or(t.building));
  t.unreachable_after = own.unreachable_after.value_or(defaults.unreachable_after.value_or(t.unreachable_after));
  t.adaptive = own.adaptive.value_or(defaults.adaptive.value_or(t.adaptive));
  overdue_rule const overdue = own.overdue.value_or(defaults.overdue.value_or(overdue_rule{}));
  t.overdue_auto = overdue.automatic;
  t.overdue_after = overdue.after;
  t.catch_up = own.catch_up.value_or(defaults.catch_up.value_or(t.catch_up));
  return t;
}

settings settle(draft d) {
  settings s;
  s.log = d.log;
  s.store = std::move(d.store);
  s.http = std::move(d.http);
  for (auto& p : d.providers) {
    s.watch.providers.push_back(watched(p.provider));
    s.providers.push_back(std::move(p.provider));
  }
  merger merge(d.defaults);
  s.watch.jobs.reserve(d.jobs.size());
  for (auto& j : d.jobs) {
    j.job.times = merge.times_of(*j.times);
    s.watch.jobs.push_back(std::move(j.job));
  }
  s.by_name = sorted_by_name(s.watch.jobs);
  for (auto& k : d.sinks) s.sinks.push_back(std::move(k.sink));
  if (d.rules) {
    s.rules.emplace();
    for (auto& r : *d.rules) s.rules->push_back(std::move(r.rule));
  }
  return s;
}

}  // namespace buildwatch::config

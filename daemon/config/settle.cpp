#include "config/settle.hpp"

#include <tuple>

#include "config/credential_mark.hpp"

namespace buildwatch::config {
namespace {

/// A job's own times over `defaults` over what is built in; equal ones shared.
class merger {
 public:
  explicit merger(some_times const& defaults) : defaults_(defaults) {}

  std::shared_ptr<watch::timing const> times_of(some_times const& own) {
    watch::timing t;
    t.idle = own.idle.value_or(defaults_.idle.value_or(t.idle));
    t.building = own.building.value_or(defaults_.building.value_or(t.building));
    t.unreachable_after = own.unreachable_after.value_or(defaults_.unreachable_after.value_or(t.unreachable_after));
    auto& known = known_[{t.idle, t.building, t.unreachable_after}];
    if (!known) known = std::make_shared<watch::timing const>(t);
    return known;
  }

 private:
  some_times const& defaults_;
  std::map<std::tuple<base::duration, base::duration, base::duration>, std::shared_ptr<watch::timing const>> known_;
};

}  // namespace

settings settle(draft d) {
  settings s;
  s.log = d.log;
  s.store = std::move(d.store);
  for (auto& p : d.providers) {
    s.watch.providers.push_back({p.provider.name, p.provider.connections, p.provider.rate_per_second,
                                 !std::holds_alternative<codearts::no_auth>(p.provider.auth),
                                 credential_mark(p.provider.auth)});
    s.providers.push_back(std::move(p.provider));
  }
  merger merge(d.defaults);
  s.watch.jobs.reserve(d.jobs.size());
  for (auto& j : d.jobs) {
    j.job.times = merge.times_of(*j.times);
    s.watch.jobs.push_back(std::move(j.job));
  }
  for (auto& k : d.sinks) s.sinks.push_back(std::move(k.sink));
  if (d.rules) {
    s.rules.emplace();
    for (auto& r : *d.rules) s.rules->push_back(std::move(r.rule));
  }
  return s;
}

}  // namespace buildwatch::config

#include "simulation/setup.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::selector;

template <class Named>
auto const* named(std::vector<Named> const& all, std::string_view name) {
  auto const at = std::ranges::find_if(all, [&](Named const& n) { return n.how.name == name; });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace

std::string build_key(std::string_view provider, std::string_view job_id, std::uint32_t build) {
  return fmt::format("{}/{}#{}", provider, job_id, build);
}

provider_setup const* setup::provider(std::string_view name) const { return named(providers, name); }
sink_setup const* setup::sink(std::string_view name) const { return named(sinks, name); }

watch::options setup::watch_options() const {
  watch::options what;
  for (provider_setup const& p : providers) what.providers.push_back(p.how);
  for (job_setup const& j : jobs) {
    watch::job_options job;
    job.name = j.name;
    job.job_id = j.job_id;
    job.provider = static_cast<std::uint32_t>(provider(j.provider) - providers.data());
    job.build = j.build;
    job.times = j.times;
    job.labels = j.labels;
    what.jobs.push_back(std::move(job));
  }
  return what;
}

notify::rules setup::compiled_rules() const {
  std::vector<notify::job_facts> facts;
  for (job_setup const& j : jobs) facts.push_back({j.name, j.provider, *j.labels});
  std::optional<std::vector<notify::rule>> given;
  if (rules) {
    given.emplace();
    for (rule_setup const& r : *rules) {
      notify::rule rule{r.events, r.jobs, r.labels, {}};
      for (std::string const& name : r.to) {
        if (auto const* const to = sink(name)) rule.to.push_back(static_cast<notify::sink_index>(to - sinks.data()));
      }
      if (!rule.to.empty()) given->push_back(std::move(rule));
    }
  }
  return {std::move(given), sinks.size(), facts};
}

setup editor::first() {
  setup s;
  for (auto n = 1 + (luck_.one_in(2) ? 0 : luck_.below(3)); n > 0; --n) {
    provider_setup p = new_provider();
    while (s.provider(p.how.name) != nullptr) p = new_provider();
    s.providers.push_back(std::move(p));
  }
  std::uint64_t jobs = 1 + luck_.below(4);
  if (luck_.one_in(12)) jobs = 5 + luck_.below(16);
  if (luck_.one_in(300)) jobs = 25 + luck_.below(176);
  for (; jobs > 0; --jobs) s.jobs.push_back(new_job(s));
  for (auto n = 1 + luck_.below(luck_.one_in(2) ? 2 : 4); n > 0; --n) {
    sink_setup sink = new_sink();
    while (s.sink(sink.how.name) != nullptr) sink = new_sink();
    s.sinks.push_back(std::move(sink));
  }
  choose_fallbacks(s);
  s.rules = new_rules(s);
  return s;
}

provider_setup editor::new_provider() {
  static constexpr double rates[] = {0.5, 1, 3, 10, 50};
  provider_setup p;
  p.how.name = fmt::format("p{}", luck_.below(4));
  p.how.connections = static_cast<unsigned>(1 + luck_.below(luck_.one_in(2) ? 2 : 8));
  p.how.rate_per_second = luck_.one_of(rates);
  p.how.has_credential = !luck_.one_in(6);
  p.how.credential = p.how.has_credential && !luck_.one_in(3) ? static_cast<std::uint32_t>(1 + luck_.below(1000)) : 0;
  return p;
}

job_setup editor::new_job(setup const& s) {
  job_setup j;
  unsigned const number = jobs_++;
  bool const followed = luck_.one_in(2);
  j.job_id = fmt::format("{}{:031}", followed ? 'f' : '0', number);
  j.name = fmt::format("{}-{}", luck_.one_in(2) ? "fw" : "app", number);
  j.provider = luck_.one_of(s.providers).how.name;
  j.build = followed ? 0 : static_cast<std::uint32_t>(1 + luck_.below(50));
  j.times = new_times();
  j.labels = new_labels();
  return j;
}

std::shared_ptr<watch::timing const> editor::new_times() {
  static constexpr std::uint32_t catch_ups[] = {0, 1, 2, 3, 5, 20, 20};
  watch::timing t;
  t.idle = luck_.between(5s, luck_.one_in(4) ? 240s : 60s);
  t.building = luck_.one_in(50) ? luck_.between(300ms, 2s) : luck_.between(5s, 30s);
  t.unreachable_after = luck_.one_in(3) ? luck_.between(10s, 60s) : luck_.between(1min, 10min);
  t.adaptive = luck_.one_in(2);
  t.overdue_auto = luck_.one_in(2);
  if (luck_.one_in(2)) t.overdue_after = luck_.between(1min, 20min);
  t.catch_up = luck_.one_of(catch_ups);
  return std::make_shared<watch::timing const>(t);
}

std::shared_ptr<model::labels const> editor::new_labels() {
  model::labels labels;
  if (luck_.one_in(2)) labels.emplace_back("team", luck_.one_in(2) ? "a" : "b");
  if (luck_.one_in(4)) labels.emplace_back("tier", "1");
  return std::make_shared<model::labels const>(std::move(labels));
}

notify::retry_schedule editor::new_retry() {
  if (luck_.one_in(60)) return notify::default_retry();
  notify::retry_schedule retry;
  bool const patient = !luck_.one_in(3);
  for (auto n = luck_.below(luck_.one_in(3) ? 2 : 7); n > 0; --n) {
    retry.push_back(patient ? luck_.between(5s, 20min) : luck_.between(1s, 30s));
  }
  return retry;
}

sink_setup editor::new_sink() {
  sink_setup s;
  s.how.name = fmt::format("s{}", luck_.below(6));
  s.how.retry = new_retry();
  s.how.concurrency = static_cast<unsigned>(1 + luck_.below(luck_.one_in(2) ? 1 : 5));
  s.how.pauses = luck_.one_in(2);
  s.how.fallback_after = luck_.between(1min, luck_.one_in(2) ? 5min : 60min);
  return s;
}

/// A later sink of the list at most: no loops.
void editor::choose_fallbacks(setup& s) {
  for (std::size_t i = 0; i < s.sinks.size(); ++i) {
    std::string& fallback = s.sinks[i].how.fallback;
    fallback.clear();
    if (i + 1 < s.sinks.size() && luck_.one_in(2)) {
      fallback = s.sinks[i + 1 + luck_.below(s.sinks.size() - i - 1)].how.name;
    }
  }
}

std::optional<std::vector<rule_setup>> editor::new_rules(setup const& s) {
  static constexpr selector words[] = {
      selector::started, selector::finished,  selector::success,       selector::failure,       selector::aborted,
      selector::unknown, selector::broken,    selector::still_failing, selector::still_passing, selector::fixed,
      selector::overdue, selector::recovered, selector::unreachable,   selector::all,           selector::all};
  static constexpr std::string_view globs[] = {"*", "fw-*", "app-*", "*-1", "?p*", "new*"};
  if (luck_.one_in(2)) return std::nullopt;
  std::vector<rule_setup> rules;
  for (auto n = luck_.below(4) + (luck_.one_in(10) ? 0 : 1); n > 0; --n) {
    rule_setup r;
    for (auto k = 1 + luck_.below(3); k > 0; --k) r.events.push_back(luck_.one_of(words));
    for (auto k = luck_.below(3); k > 0; --k) r.jobs.emplace_back(luck_.one_of(globs));
    if (luck_.one_in(4)) r.labels.emplace_back("team", luck_.one_in(2) ? "a" : "b");
    for (auto k = 1 + luck_.below(2); k > 0; --k) r.to.push_back(s.sinks[luck_.below(s.sinks.size())].how.name);
    rules.push_back(std::move(r));
  }
  return rules;
}

}  // namespace buildwatch::simulation

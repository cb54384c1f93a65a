#include "buildwatch/notify/rules.hpp"

#include "buildwatch/model/glob.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace buildwatch::notify {
namespace {

bool name_matches(rule const& r, std::string_view name) {
  return r.jobs.empty() ||
         std::ranges::any_of(r.jobs, [&](auto const& glob) { return model::glob_matches(glob, name); });
}

// Both are sorted by key, but a job of a hand-made event need not be: a few labels, so look each up.
bool labels_match(rule const& r, model::labels const& labels) {
  return std::ranges::all_of(r.labels,
                             [&](auto const& wanted) { return std::ranges::find(labels, wanted) != labels.end(); });
}

bool selected(rule const& r, model::event const& e) {
  return std::ranges::any_of(r.events, [&](model::selector s) { return model::matches(s, e); });
}

}  // namespace

rules::rules(std::optional<std::vector<rule>> given, std::size_t sink_count, std::span<job_facts const> jobs)
    : everything_(!given), sink_count_(sink_count) {
  if (!given) return;
  rules_.reserve(given->size());
  for (rule& r : *given) {
    std::set<std::string_view> providers;
    for (job_facts const& job : jobs) {
      if (!providers.contains(job.provider) && name_matches(r, job.name) && labels_match(r, job.labels)) {
        providers.insert(job.provider);
      }
    }
    rules_.push_back({std::move(r), {providers.begin(), providers.end()}});
  }
}

std::vector<sink_index> rules::sinks_for(model::event const& e) const {
  std::vector<sink_index> owed;
  if (everything_) {
    owed.resize(sink_count_);
    std::iota(owed.begin(), owed.end(), sink_index{0});
    return owed;
  }
  for (compiled const& c : rules_) {
    bool const concerned = e.job ? name_matches(c.rule, e.job->name) && labels_match(c.rule, e.job->labels)
                                 : std::ranges::binary_search(c.providers, e.provider);
    if (concerned && selected(c.rule, e)) owed.insert(owed.end(), c.rule.to.begin(), c.rule.to.end());
  }
  std::ranges::sort(owed);
  owed.erase(std::unique(owed.begin(), owed.end()), owed.end());
  return owed;
}

}  // namespace buildwatch::notify

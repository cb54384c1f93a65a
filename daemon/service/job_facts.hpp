// What the rules must know of the jobs.
#pragma once

#include <vector>

#include "buildwatch/notify/rules.hpp"
#include "buildwatch/watch/options.hpp"

namespace buildwatch::service {

/// Points into `what`.
[[nodiscard]] inline std::vector<notify::job_facts> facts_of(watch::options const& what) {
  std::vector<notify::job_facts> facts;
  facts.reserve(what.jobs.size());
  for (auto const& job : what.jobs) facts.push_back({job.name, what.providers[job.provider].name, *job.labels});
  return facts;
}

}  // namespace buildwatch::service

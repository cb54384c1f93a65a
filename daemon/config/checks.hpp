// What only the whole configuration shows: names that do not exist or stand twice, loops, sinks that nothing uses.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/complaints.hpp"
#include "config/draft.hpp"

namespace buildwatch::config {

/// Finds each job's provider (job.provider) and complains where there is none, and about jobs that stand twice.
void check_jobs(draft& d, complaints& out);

/// Warns of each provider whose `rate_limit` is less than its jobs ask for, and tells what delay to expect. Only where
/// nothing is wrong.
void check_rates(draft const& d, complaints& out);

using sinks_by_name = std::unordered_map<std::string_view, notify::sink_index>;

[[nodiscard]] std::vector<std::string_view> sink_names(draft const& d);

/// Finds each sink's fallback and complains about unknown ones, fallbacks that go round, and sinks that stand twice.
[[nodiscard]] sinks_by_name check_sinks(draft& d, complaints& out);

/// Finds each rule's sinks (rule.to) and complains about unknown ones, and about sinks and globs without use.
void check_rules(draft& d, sinks_by_name const& known, complaints& out);

/// Of sinks that no rule and no fallback uses; there are rules.
void warn_of_idle_sinks(draft const& d, complaints& out);

}  // namespace buildwatch::config

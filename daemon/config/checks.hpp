// What only the whole configuration shows: names that do not exist or stand twice, sinks that nothing uses.
#pragma once

#include <cstdint>
#include <vector>

#include "config/complaints.hpp"
#include "config/draft.hpp"

namespace buildwatch::config {

/// Finds each job's provider (job.provider) and complains where there is none, and about jobs that stand twice.
void check_jobs(draft& d, complaints& out);

/// Finds each rule's sinks (rule.to) and complains about unknown ones, sinks that stand twice, sinks and globs without
/// use.
void check_rules(draft& d, complaints& out);

}  // namespace buildwatch::config

// The order of the history of all jobs.
#pragma once

#include <cstdint>
#include <vector>

#include "store/connection.hpp"

namespace buildwatch::store {

/// Where the builds of all jobs are kept (`builds.place`), the last to end first. Of one whose end nobody knows it is
/// when it was seen to have ended, else when it began, and never after the end of the next of its job; those of which
/// nothing is known come last. Builds of a job that ended at once come by number, the highest first. Reads the whole
/// table, and holds 64 bytes a build meanwhile.
[[nodiscard]] std::vector<std::uint64_t> places_by_end(connection& file);

}  // namespace buildwatch::store

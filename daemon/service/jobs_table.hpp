// Jobs as a table for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "service/jobs_page.hpp"

namespace buildwatch::service {

struct table_style {
  std::size_t columns = 0;  ///< of the terminal; 0: as many as it takes
  bool colour = false;      ///< ANSI colours
};

/// A heading, then a line a job: those that fail (also while the next build is queued), are not found or unreachable,
/// then those that run, then the others, each by name. Times are local. Where columns are few, what matters less is
/// shortened, then left out.
[[nodiscard]] std::vector<std::string> jobs_table(std::vector<listed_job> jobs, base::wall_time now,
                                                  table_style const& style);

}  // namespace buildwatch::service

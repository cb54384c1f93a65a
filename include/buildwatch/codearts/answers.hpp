// Answers of the API -> observations. Pure; any bytes may come.
#pragma once

#include <string_view>

#include "buildwatch/model/observation.hpp"

namespace buildwatch::codearts {

/// An answer as it arrived.
struct raw_answer {
  unsigned status = 0;
  std::string_view body;
};

/// build-info (codearts-api.md 1): both shapes of `result`, of several the one for `region`, else the first. Errors in any shape of
/// codearts-api.md 4.1 at any status. Overwrites `into`; retry_after is the caller's (it needs the clock).
void read_build_info(raw_answer const& answer, std::string_view region, model::observation& into);

/// running-status (2.1): job_exists, no_such_job, refused_call or failed.
void read_running_status(raw_answer const& answer, model::observation& into);

}  // namespace buildwatch::codearts

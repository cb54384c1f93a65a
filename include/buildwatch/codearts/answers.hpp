// Answers of the API -> observations. Pure; any bytes may come.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "buildwatch/model/observation.hpp"

namespace buildwatch::codearts {

/// Takes the caller's secrets out of words of the other side, which may echo them. Called before those words are cut to
/// length.
using redaction = std::function<void(std::string& words)>;

/// An answer as it arrived.
struct raw_answer {
  unsigned status = 0;
  std::string_view body;
  redaction const* hide = nullptr;  ///< null: the caller has no secret
};

/// build-info (codearts-api.md 1): both shapes of `result`, of several the one for `region`, else the first. Errors in
/// any shape of codearts-api.md 4.1 at any status. Overwrites `into`; retry_after is the caller's (it needs the clock).
/// Never throws for any bytes (only std::bad_alloc); time and memory are linear in the body.
///
/// running, finished, undecided: `building` and `build_result` say so. no_such_build: contract section 3, "No such
/// build". Everything else is failed, with `fault` throttled (429, 503, CB.00060211), refused (401) or other.
void read_build_info(raw_answer const& answer, std::string_view region, model::observation& into);

/// running-status (2.1): job_exists (HTTP 200 with a result that is not empty) with the newest build's `number`,
/// no_such_job (as above), refused_call (403, 404, 405) or failed.
void read_running_status(raw_answer const& answer, model::observation& into);

/// The build list (2.3): answers as running-status does. `records` are those that state a number, the newest first, 100
/// at most, and `number` is the first one's.
void read_build_list(raw_answer const& answer, model::observation& into);

/// build-info-record (2.4) of `build`: record (`records` holds that one), no_such_build (as above), refused_call (403,
/// 404, 405) or failed. A record that states no number is taken for the one asked about.
void read_build_record(raw_answer const& answer, std::uint32_t build, model::observation& into);

}  // namespace buildwatch::codearts

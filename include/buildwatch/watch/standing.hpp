// How jobs and providers stand at one moment, for those who look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/forecast/outlook.hpp"
#include "buildwatch/model/event.hpp"

namespace buildwatch::watch {

/// Each job is in one of these; where several fit, in that which stands last here. But a job that is not found stays so
/// when that has been told as its being unreachable.
enum class job_state_kind : std::uint8_t {
  idle,         ///< its newest build has ended, or there is none
  pending,      ///< not answered well yet, in this run
  queued,       ///< a build is announced and does not run yet
  running,      ///< or settles
  not_found,    ///< the provider answers, and does not know the job
  unreachable,  ///< it, or its provider as a whole, and that has been told
  done,         ///< the one build that is watched has ended
};

struct job_standing {
  job_state_kind state = job_state_kind::pending;
  std::optional<model::build> build;          ///< the newest that runs or is queued (that one is not `building`)
  std::vector<model::build> running;          ///< all that run or settle, the highest number first
  std::optional<forecast::estimate> ahead;    ///< of the first of them; nullopt: not running, or too few past builds
  std::optional<base::time_point> polled;     ///< when a request about the job last ended, in this run
  std::optional<base::time_point> heard;      ///< when one last ended well
  std::optional<base::time_point> next_poll;  ///< in the past: it waits, or is under way; nullopt: there will be none
  /// Of the last poll, else of its provider's outage; for people, no secret. Empty: all is well.
  std::string error;
};

struct provider_standing {
  bool watched = false;        ///< it has jobs
  bool up = false;             ///< some job's last poll went well, and its newest answer was no failure of its making
  std::uint64_t answered = 0;  ///< requests since the start, token requests not counted
  std::uint64_t failed = 0;
  [[nodiscard]] bool tried() const { return answered + failed > 0; }
};

}  // namespace buildwatch::watch

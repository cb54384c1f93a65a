// What the engine keeps of one job: 72 bytes while all is well.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "buildwatch/model/observation.hpp"
#include "buildwatch/track/build.hpp"
#include "buildwatch/track/reachability.hpp"
#include "watch/reminder.hpp"

namespace buildwatch::watch {

/// Where a job is in its round.
enum class stage : std::uint8_t {
  queued,     ///< waits for its due time, in its provider's due_queue
  in_flight,  ///< asked
  held,       ///< one of its transitions is being stored: neither polled nor observed meanwhile
  done,       ///< its build is final
};

/// Kept only while a job fails, or its outage is announced.
struct trouble {
  track::reachability reach;
  model::fault fault = model::fault::none;  ///< of the last failed poll
  bool not_found = false;                   ///< the provider does not know the job
  bool failing = false;                     ///< counted among the failing jobs of its provider
  bool logged = false;                      ///< a line about it was written above debug: its end is worth one too
  bool deferred = false;                    ///< waits for its provider's deadline, or for its provider's word
  bool heard_meanwhile = false;             ///< had been deferred when its provider answered another job
  unsigned failures = 0;                    ///< in a row
  watch::reminder reminder;
  base::time_point last_failure = track::never;
  std::string text;  ///< the last cause, in words
};

struct job_state {
  base::time_point anchor{};  ///< some point of its grid: polls are placed at whole intervals from here
  base::time_point due{};     ///< of the next poll, or of the one in flight
  track::build_state build;
  std::unique_ptr<watch::trouble> trouble;
  watch::stage stage = stage::queued;
  bool answered = false;       ///< asked at least once, whatever came of it
  bool proven = false;         ///< known to exist: "no such build" is absence from now on
  bool ask_existence = false;  ///< the next question is asks::job
  bool absent = false;         ///< the last answer was "no such build"
  bool unsaved = false;        ///< something is known of it that the journal has not got
  bool listed = false;         ///< stands in the engine's list of unsaved jobs
};

static_assert(sizeof(job_state) <= 80);

}  // namespace buildwatch::watch

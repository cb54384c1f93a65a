// What the engine keeps of one job: 112 bytes while nothing of it is under way and all is well.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "buildwatch/model/observation.hpp"
#include "buildwatch/track/build.hpp"
#include "buildwatch/track/reachability.hpp"
#include "watch/pursuit.hpp"
#include "watch/reminder.hpp"

namespace buildwatch::watch {

/// Where a job is in its round.
enum class stage : std::uint8_t {
  queued,     ///< waits for its due time, in its provider's due_queue
  in_flight,  ///< asked
  held,       ///< something of it is being stored: neither polled nor observed meanwhile
  done,       ///< the one build that is watched is final
};

/// What a job asks for, and so what the answer is for.
enum class errand_kind : std::uint8_t {
  look,    ///< for a build that is not known yet: the one that is waited for, or the newest
  exist,   ///< whether the job exists at all
  poll,    ///< a build that is under way or awaited
  record,  ///< the record of a build that has ended
  past,    ///< builds of the past, for the history
  scan,    ///< the builds that have come since the last look, one by one
  missed,  ///< the many that have come since: from the build list, for the history
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
  unsigned failures = 0;                    ///< in a row, of whichever question
  std::uint8_t looks = 0;                   ///< in a row, of looks alone; 255: so many or more
  watch::reminder reminder;
  base::time_point last_failure = track::never;
  std::string text;  ///< the last cause, in words
};

/// Calls that are left alone until then, by extra_call; `never`: they are made. Kept only where one was refused.
using refusals = std::array<base::time_point, extra_calls>;

struct job_state {
  base::time_point anchor{};               ///< some point of its grid: looks are placed at whole intervals from here
  base::time_point look{};                 ///< when the next look is due; max(): none is
  base::time_point due{};                  ///< of the next question, or of the one in flight
  base::time_point looked = track::never;  ///< when the last look was sent that was answered well
  base::time_point polled = track::never;  ///< when the last request ended, whatever came of it; `never`: none has
  base::time_point heard = track::never;   ///< when the last one ended well
  std::unique_ptr<watch::trouble> trouble;
  std::unique_ptr<watch::pursuit> pursuit;  ///< null: nothing is under way
  std::unique_ptr<refusals> refused;
  base::time_point ended = track::never;  ///< when a build of it was last seen to have ended
  float every = 0;           ///< seconds from one build's end to the next, in the mean of late; 0: not known
  float lasts = 0;           ///< seconds that its builds take, in the mean of late; 0: not known
  std::uint32_t newest = 0;  ///< followed: each build up to this one has been told, passed over, or is in `pursuit`
  std::uint32_t asked = 0;   ///< in flight: about which build
  watch::stage stage = stage::queued;
  errand_kind kind = errand_kind::look;  ///< in flight
  bool proven = false;                   ///< known to exist: "no such build" is absence from now on
  bool ask_existence = false;            ///< whether it exists is to be asked before the next look
  bool begun = false;                    ///< followed: it is known which build was the newest at first sight
  bool past_known = false;               ///< its past builds have been fetched
  bool gone = false;                     ///< the provider knows the job no longer
  bool stepped_back = false;             ///< its newest build is said to be below one that is known, or none
  bool unsaved = false;                  ///< something is known of it that the journal has not got
  bool listed = false;                   ///< stands in the engine's list of unsaved jobs
  bool done = false;                     ///< the one build that is watched has ended, or was let go

  /// The build, while it is watched; null: it is not.
  [[nodiscard]] watched_build* find(std::uint32_t number) const { return pursuit ? pursuit->find(number) : nullptr; }
  /// Builds that have come since the last look, while they are looked at or told; null: there are none.
  [[nodiscard]] gap* news() const { return pursuit && pursuit->inquiry ? pursuit->inquiry->news.get() : nullptr; }
};

static_assert(sizeof(job_state) <= 112);

}  // namespace buildwatch::watch

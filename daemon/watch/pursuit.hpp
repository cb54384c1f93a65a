// What the engine keeps of a job while builds of it are under way, or while it finds out what has happened meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/forecast/outlook.hpp"
#include "buildwatch/forecast/pacing.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/track/build.hpp"
#include "buildwatch/watch/memory.hpp"
#include "buildwatch/watch/newest.hpp"

namespace buildwatch::watch {

/// A build that is polled until it has ended.
struct watched_build {
  track::build_state known;
  base::time_point anchor{};  ///< some point of its grid
  base::time_point due{};     ///< of its next poll
  base::time_point since{};   ///< when it was last seen, or first missed; before that: when it was first of interest
  std::uint32_t number = 0;
  std::uint8_t failures = 0;  ///< polls of it that failed in a row; 255: so many or more
  bool absent = false;        ///< the last answer was "no such build"
  bool overdue = false;       ///< build.overdue was announced
};

/// A build that has ended, and whose record is asked for before that is told.
struct ending {
  track::build_step step;
  model::observation seen;
  base::instant at{};           ///< when the answer arrived that saw it
  base::time_point deadline{};  ///< the record is waited for until then
  std::uint32_t number = 0;
};

/// A build met on the way up from the last one known.
struct sighting {
  std::uint32_t number = 0;
  model::observation seen;
  base::time_point sent{};
  base::instant at{};
};

/// Builds that have come since the last look: `first` to `last`. They are looked at from the newest down, and told from
/// the oldest up.
struct gap {
  enum class step : std::uint8_t { scanning, counting, telling };

  std::uint32_t first = 0;
  std::uint32_t last = 0;
  base::time_point since = track::never;     ///< the look before, in this run
  base::time_point found_at = track::never;  ///< the look that found them
  std::uint32_t next = 0;                    ///< scanning: the next to be looked at; below `first`: all have been
  std::uint32_t looked = 0;                  ///< so many have been
  std::uint32_t ended = 0;                   ///< of these
  std::uint32_t page = 0;                    ///< counting: of the build list
  std::uint32_t passed = 0;                  ///< builds that are not told
  base::time_point again{};                  ///< after a failure: not before this
  std::uint8_t failures = 0;                 ///< of its questions, in a row
  step now = step::scanning;
  bool baseline = false;                     ///< first sight: what has ended is no news
  bool unlisted = false;                     ///< the build list fails: what it would tell is looked at one by one
  bool counted = true;                       ///< false: `passed` is what there may be at most
  std::vector<sighting> found;               ///< to be told, the highest number first
  std::vector<model::build_record> running;  ///< by the list, below those that were looked at one by one
  std::string reason;                        ///< for the first one told that has ended
  base::wall_time told_from{};               ///< when the first of them was told, or passed over
};

/// What is being found out, beside polls. Small: at a start each job has one.
struct inquiry {
  std::optional<newest_search> search;
  std::unique_ptr<gap> news;
  std::unique_ptr<watch::ending> ending;
  bool past_wanted = false;     ///< the past builds are to be fetched
  std::vector<old_build> past;  ///< first sight: they have been, and are stored with the baseline
  [[nodiscard]] bool empty() const { return !search && !news && !ending && !past_wanted; }
};

/// How long the job's builds take, by the journal. Made when one starts.
struct lengths {
  forecast::outlook outlook;
  forecast::pacing pacing;
};

struct pursuit {
  std::vector<watched_build> builds;                ///< by number
  std::unique_ptr<watch::inquiry> inquiry;          ///< null: none
  std::unique_ptr<watch::lengths const> lengths;    ///< null: not known, or too few builds
  base::time_point soon = base::time_point::max();  ///< when the next question of the inquiry is due
  bool recalled = false;                            ///< the journal has been asked for the lengths

  [[nodiscard]] watched_build* find(std::uint32_t number) {
    for (watched_build& b : builds) {
      if (b.number == number) return &b;
    }
    return nullptr;
  }
};

}  // namespace buildwatch::watch

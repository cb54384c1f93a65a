// A job that builds over and over: what its builds really do, and how the calls about it fare.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "buildwatch/model/observation.hpp"
#include "buildwatch/watch/ports.hpp"
#include "simulation/chance.hpp"
#include "simulation/virtual_clock.hpp"

namespace buildwatch::simulation {

/// One build of it. Times since the beginning of the run.
struct followed_build {
  static constexpr base::duration for_ever = base::duration::max();
  base::duration queued{};  ///< it has its number from then on
  base::duration starts{};
  base::duration ends{};              ///< for_ever: not in this run
  base::duration settled{};           ///< its end can be seen from then on: until then it is undecided
  base::duration expires = for_ever;  ///< build-info knows it no more; the build list does
  base::duration record_off{};        ///< its record's start is wrong by so much
  bool hidden = false;                ///< build-info knows it only when it runs
  std::string word;                   ///< build_result
};

struct followed_job {
  /// A time in which one call is refused, or fails.
  struct spell {
    base::duration from{}, until{};
    bool refused = false;
  };

  base::duration exists{};
  base::duration gone_from{}, gone_until{};  ///< it is deleted, and comes back
  std::map<std::uint32_t, followed_build> builds;
  std::array<spell, watch::extra_calls> spells{};
  bool skips = false;  ///< numbers

  [[nodiscard]] bool there(base::duration now) const { return now >= exists && (now < gone_from || now >= gone_until); }
  /// The highest number that has been given by then; 0: none.
  [[nodiscard]] std::uint32_t newest(base::duration now) const;
  /// What a call is answered at `now`, but for faults of the provider as a whole. `page`: of the build list.
  [[nodiscard]] model::observation answer(watch::asks what, std::uint32_t build, std::uint32_t page,
                                          base::duration now) const;

 private:
  [[nodiscard]] model::observation info(std::uint32_t number, base::duration now) const;
  [[nodiscard]] model::observation list(std::uint32_t page, base::duration now) const;
  [[nodiscard]] model::observation record(std::uint32_t number, base::duration now) const;
};

/// Its builds from long before `now` up to `end`, after which none begins.
[[nodiscard]] followed_job make_followed(chance& luck, base::duration now, base::duration end);

/// Which jobs are followed shows in their ids.
[[nodiscard]] inline bool is_followed(std::string_view job_id) { return job_id.starts_with('f'); }

}  // namespace buildwatch::simulation

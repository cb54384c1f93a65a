// What outlives a restart: what was known of each job and provider.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/track/build.hpp"

namespace buildwatch::watch {

/// An outage: of a job, or of a provider as a whole. Default: all is well.
struct reach_memory {
  bool told = false;                     ///< .unreachable was announced, .recovered was not
  base::wall_time told_begin{};          ///< of the outage announced: what the ids of its events are made from
  std::optional<base::wall_time> since;  ///< of the outage going on; nullopt: none
  base::duration lasted{};               ///< how long it had gone on; time in which the daemon was stopped not counted
  friend bool operator==(reach_memory const&, reach_memory const&) = default;
};

/// What is known of one watched job. Provider, job_id and build are its identity; the name may change.
struct job_memory {
  std::string provider;
  std::string job_id;
  std::uint32_t build = 0;  ///< the one build that is watched
  std::string name;         ///< at the time it was stored
  track::build_phase phase = track::build_phase::waiting;
  bool proven = false;                             ///< the job is known to exist
  std::optional<base::wall_time> last_running;     ///< last poll known that saw the build running
  std::optional<base::wall_time> undecided_since;  ///< first of the undecided answers in a row
  reach_memory reach;
  friend bool operator==(job_memory const&, job_memory const&) = default;
};

/// What is known of one provider. The name is its identity.
struct provider_memory {
  std::string name;
  reach_memory reach;
  /// Its credentials were refused: it is asked again then. nullopt: they were not.
  std::optional<base::wall_time> refused_until;
  std::uint32_t credential = 0;  ///< the mark of the refused credential; see provider_options::credential
  friend bool operator==(provider_memory const&, provider_memory const&) = default;
};

struct memory {
  std::vector<job_memory> jobs;
  std::vector<provider_memory> providers;
};

}  // namespace buildwatch::watch

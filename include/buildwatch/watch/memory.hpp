// What outlives a restart: what was known of each job and provider.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
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

/// A build that is under way, or that has yet to begin. What has ended is in the history.
struct build_memory {
  std::uint32_t number = 0;
  bool running = false;                            ///< build.started was announced
  bool overdue = false;                            ///< build.overdue was
  std::optional<base::wall_time> started_at;       ///< as a record tells it
  std::optional<base::wall_time> first_running;    ///< first poll that saw it running
  std::optional<base::wall_time> last_running;     ///< last poll known that did
  std::optional<base::wall_time> undecided_since;  ///< first of the undecided answers in a row, or of its absence
  friend bool operator==(build_memory const&, build_memory const&) = default;
};

/// Calls that may be refused on their own, in the order of job_memory::refused.
enum class extra_call : std::uint8_t { newest, list, record };
inline constexpr std::size_t extra_calls = 3;

/// What is known of one watched job. Provider, job_id and build are its identity; the name may change.
struct job_memory {
  std::string provider;
  std::string job_id;
  std::uint32_t build = 0;   ///< the one build that is watched; 0: the job is followed from build to build
  std::string name;          ///< at the time it was stored
  bool done = false;         ///< the one build that is watched has ended, or was let go
  bool proven = false;       ///< the job is known to exist
  bool begun = false;        ///< followed: its newest build is known, later ones are news
  bool listed = false;       ///< its past builds have been fetched
  std::uint32_t newest = 0;  ///< followed: each build up to this one is among `builds`, has been told or passed over
  std::vector<build_memory> builds;  ///< by number
  /// Until then a call that was refused is not made.
  std::array<std::optional<base::wall_time>, extra_calls> refused{};
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

/// A build for the history, of which no event tells: from before the job was watched, or one of too many missed ones.
struct old_build {
  std::string provider;
  std::string job_id;
  std::string job;  ///< its name
  model::build build;
};

struct memory {
  std::vector<job_memory> jobs;
  std::vector<provider_memory> providers;
  std::vector<old_build> builds;  ///< one that is in the history stays as it is
};

}  // namespace buildwatch::watch

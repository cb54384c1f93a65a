// Events: what buildwatch tells (contract, section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/job.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::model {

enum class event_type : std::uint8_t {
  build_started,
  build_finished,
  build_overdue,
  job_unreachable,
  job_recovered,
  provider_unreachable,
  provider_recovered,
};

/// "build.started", …
[[nodiscard]] std::string_view to_string(event_type t);

enum class change : std::uint8_t { broken, fixed, still_failing, still_passing };
/// "broken", …
[[nodiscard]] std::string_view to_string(change c);

/// What a build was made of, from its record. Empty: null.
struct build_source {
  std::string branch;
  std::string commit;
  std::string trigger;
  std::string url;
  [[nodiscard]] bool empty() const { return branch.empty() && commit.empty() && trigger.empty() && url.empty(); }
  friend bool operator==(build_source const&, build_source const&) = default;
};

/// A build as an event shows it. Unknown is nullopt or empty; nothing here is guessed.
struct build {
  std::uint32_t number = 0;
  bool building = false;
  std::optional<model::outcome> outcome;  ///< nullopt while it runs
  std::string result;                     ///< raw `build_result`; empty: null
  std::string region;                     ///< empty: null
  std::optional<base::wall_time> started_at;
  std::optional<base::wall_time> finished_at;  ///< exact with times_exact, else the middle of finished_between
  bool times_exact = false;
  /// Last poll that saw it running (its start), first poll that saw it finished (its end).
  std::optional<base::wall_time> last_seen_running;
  std::optional<base::wall_time> first_seen_finished;
  std::optional<build_source> source;
  /// First poll that saw it running: from here its length is reckoned where nothing tells its start. No event shows it.
  std::optional<base::wall_time> first_seen_running;
};

/// How long a finished build took, for forecasts: exactly, or as near as polling knows. nullopt: nobody saw it run.
[[nodiscard]] std::optional<base::duration> length_of(build const& b);

struct previous_build {
  std::uint32_t number = 0;
  model::outcome outcome = model::outcome::unknown;
};

/// Against the build before it that passed (success) or failed (failure, unstable). nullopt: there is none, it neither
/// passed nor failed itself, or a higher-numbered one has passed or failed already (`overtaken`).
[[nodiscard]] std::optional<change> change_of(model::outcome now, std::optional<previous_build> const& before,
                                              bool overtaken);

struct event {
  std::string id;  ///< see event_id
  event_type type = event_type::build_started;
  base::wall_time timestamp{};  ///< when the transition was seen
  std::uint64_t sequence = 0;   ///< given by the journal on commit
  std::string provider;
  std::optional<model::job> job;      ///< nullopt in provider events
  std::optional<model::build> build;  ///< nullopt in job and provider events
  std::optional<model::change> change;
  std::optional<previous_build> previous;
  std::optional<std::string> reason;
  bool test = false;  ///< a test event: `"test": true`, sequence 0, stored nowhere
};

/// The id of a transition: the same transition has the same id for ever. `discriminator` is the build number; for
/// unreachable and recovered the time at which the outage began (milliseconds since the epoch). `job_id` is empty in
/// provider events. "evt_" and 32 hexadecimal digits (a name-based UUID, RFC 4122 section 4.3, without its dashes).
[[nodiscard]] std::string event_id(std::string_view provider, std::string_view job_id, std::int64_t discriminator,
                                   event_type type);

/// One line for people: "firmware-nightly #42 failed after 1 h 13 min (was passing)".
[[nodiscard]] std::string summary(event const& e);

/// "42 s", "1 h 13 min", "2 d 3 h": the two largest units.
[[nodiscard]] std::string for_people(base::duration d);
/// The same rounded up, in milliseconds below a second ("250 ms"): nobody waits for 0 s.
[[nodiscard]] std::string wait_for_people(base::duration d);

/// RFC 3339 UTC with milliseconds and Z.
[[nodiscard]] std::string to_rfc3339(base::wall_time t);

}  // namespace buildwatch::model

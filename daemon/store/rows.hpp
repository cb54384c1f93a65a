// Values as rows: how events, builds, deliveries and outages lie in the columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/forecast/past.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/watch/memory.hpp"
#include "store/connection.hpp"

namespace buildwatch::store {

// Columns in the order in which the functions below take them.
inline constexpr std::string_view event_columns =
    "sequence, id, type, timestamp, provider, job_id, job, labels, change, previous, previous_outcome, reason, build, "
    "building, outcome, result, region, started_at, finished_at, times_exact, last_seen_running, first_seen_finished, "
    "source_branch, source_commit, source_trigger, source_url, first_seen_running";
inline constexpr std::string_view build_columns =
    "build, building, outcome, result, region, started_at, finished_at, times_exact, last_seen_running, "
    "first_seen_finished, source_branch, source_commit, source_trigger, source_url, first_seen_running";
inline constexpr std::string_view owed_columns = "number, refused, added, due, in_tries, tries, hit_by_pause, answer";

/// A "?" for each of the columns but the first few.
[[nodiscard]] std::string marks(std::string_view columns, int but_first);

/// All of `event_columns` but the sequence.
void bind_event(query& q, model::event const& e);
[[nodiscard]] model::event read_event(query& q);
/// A number and an outcome, or NULLs.
[[nodiscard]] std::optional<model::previous_build> read_previous(query& q);
void bind_build(query& q, model::build const& b);
[[nodiscard]] model::build read_build(query& q);
/// `owed_columns`, then `event_columns`.
[[nodiscard]] notify::owed read_owed(query& q);

inline constexpr std::string_view past_columns = "build, outcome, started_at, finished_at, first_seen_running";
/// nullopt: nobody knows how long it took.
[[nodiscard]] std::optional<forecast::past_build> read_past(query& q);

/// told, told_begin, since, lasted
void bind_reach(query& q, watch::reach_memory const& r);
[[nodiscard]] watch::reach_memory read_reach(query& q);

/// Sinks that are not asked, each with the reason.
using reasons = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string reasons_text(reasons const& all);
[[nodiscard]] reasons reasons_in(std::string const& text);

/// The event as a sink is told of it that stands in for the one that refused it.
[[nodiscard]] model::event told_instead(model::event e, std::string const& refused);
[[nodiscard]] std::string webhook_id(model::event const& e, bool fallback);

}  // namespace buildwatch::store

// What a store keeps, as text: lines for people, and objects for scripts (one a line). Pure.
#pragma once

#include <string>

#include "buildwatch/store/reader.hpp"

namespace buildwatch::service {

/// "2026-11-23 21:18:17+01:00  ✗ firmware-nightly #42 failed after 1 h 13 min": when it ended; "before …" or
/// "after …" where that is all that is known of it.
[[nodiscard]] std::string for_people(store::kept_build const& b);
/// The event, then, indented, a line a sink: what became of it, or why it was not asked. No line break at the end.
[[nodiscard]] std::string for_people(store::kept_event const& e);
/// A delivery on its own: "17  oncall: waiting until 2026-11-23 21:20:23+01:00, tried 3 times: 503 (owed since
/// 2026-11-23 21:18:23+01:00)  firmware-nightly #42 failed  evt_3b1f…"
[[nodiscard]] std::string for_people(store::receipt const& r);

/// `provider`, `job` (its name), `job_id`, and the fields of the `build` object of contract section 4.
[[nodiscard]] std::string as_json(store::kept_build const& b);
/// The event of contract section 4, with `deliveries`: [{number, sink, webhook_id, state, since, at, due, tries,
/// answer, why, rule, paused}] and `not_asked`: [{sink, why}]. `due` is of what waits only, `at` of what does not;
/// `paused`: it waits until the sink works again.
[[nodiscard]] std::string as_json(store::kept_event const& e);
/// One of `deliveries`, with `event_id` and `summary`.
[[nodiscard]] std::string as_json(store::receipt const& r);

}  // namespace buildwatch::service

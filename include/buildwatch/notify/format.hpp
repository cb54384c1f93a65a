// Formats: an event as bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "buildwatch/model/event.hpp"

namespace buildwatch::notify {

/// The JSON object of contract section 4, on one line, without a line break at the end. Every field is there, null when
/// unknown. Text that is no UTF-8 (labels, words of the API) has its bad bytes replaced.
[[nodiscard]] std::string standard_json(model::event const& e);

/// The `build` object of the same.
[[nodiscard]] std::string build_json(model::build const& b);

/// One readable line for a terminal, without a line break: local time with offset (the zone of the process, $TZ), a
/// mark, the summary: "2026-11-23 21:18:23+01:00  ✗ firmware-nightly #42 failed after 1 h 13 min". Names and words are
/// cleaned (clean_line). `colour`: ANSI colours for the mark.
[[nodiscard]] std::string text_line(model::event const& e, bool colour);

/// The same without the time.
[[nodiscard]] std::string headline(model::event const& e, bool colour);
/// "2026-11-23 21:18:23+01:00" in the zone of the process ($TZ).
[[nodiscard]] std::string local_time(base::wall_time t);

/// `text` made safe for a line of a terminal or a log: control characters, line separators, marks that change the
/// direction of writing and bytes that are no UTF-8 become U+FFFD, a tab a space. At most `max_bytes`, never cut inside
/// a character.
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t max_bytes = std::string_view::npos);

}  // namespace buildwatch::notify

// Formats: an event as bytes.
#pragma once

#include <string>

#include "buildwatch/model/event.hpp"

namespace buildwatch::notify {

/// The JSON object of contract section 4, on one line, without a line break at the end. Every field is there, null when unknown.
/// Text that is no UTF-8 (labels, words of the API) has its bad bytes replaced.
[[nodiscard]] std::string standard_json(model::event const& e);

/// One readable line for a terminal, without a line break: local time with offset, a mark, the summary. Control characters of
/// names and words are replaced. `colour`: ANSI colours.
[[nodiscard]] std::string text_line(model::event const& e, bool colour);

}  // namespace buildwatch::notify

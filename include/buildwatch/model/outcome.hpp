// How a build ended, and which words of the API say so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buildwatch::model {

enum class outcome { success, failure, unstable, aborted, unknown };

/// "success", "failure", … as events and selectors spell it.
[[nodiscard]] std::string_view to_string(outcome o);
[[nodiscard]] std::optional<outcome> outcome_named(std::string_view word);

/// Extra `build_result` words of a job (key `outcomes`), each with what it means; they win over the built-in table.
using outcome_words = std::vector<std::pair<std::string, outcome>>;

/// Outcome of a `build_result`, without regard to case; a word in neither table is `unknown`.
/// Words: contract section 3 (after codearts-api.md 1.2).
[[nodiscard]] outcome outcome_of(std::string_view word, outcome_words const& extra = {});

/// True for null-like or running-like words (`RUNNING BUILDING STARTING INQUEUE QUEUED PENDING NONE` in any case, or
/// empty): with `building: false` they decide nothing.
[[nodiscard]] bool undecided_word(std::string_view word);

/// ASCII only; the one comparison without regard to case of the project.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace buildwatch::model

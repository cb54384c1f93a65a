// Selectors: the words by which rules choose events (contract, section 4).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "buildwatch/model/event.hpp"

namespace buildwatch::model {

enum class selector : std::uint8_t {
  started,
  finished,
  success,
  failure,
  unstable,
  aborted,
  unknown,
  broken,
  fixed,
  still_failing,
  still_passing,
  overdue,
  unreachable,
  recovered,
  all,
};

[[nodiscard]] std::string_view to_string(selector s);
[[nodiscard]] std::optional<selector> selector_named(std::string_view word);
/// Every selector's word, in the order of the enum: for messages and suggestions.
[[nodiscard]] std::span<std::string_view const> selector_words();

/// Outcome words match build.finished by outcome, change words by change, unreachable and recovered both job and
/// provider.
[[nodiscard]] bool matches(selector s, event const& e);

}  // namespace buildwatch::model

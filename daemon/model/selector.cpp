#include "buildwatch/model/selector.hpp"

#include <algorithm>
#include <array>

namespace buildwatch::model {
namespace {

constexpr std::array<std::string_view, 15> words{
    "started", "finished",      "success",       "failure", "unstable",    "aborted",   "unknown", "broken",
    "fixed",   "still_failing", "still_passing", "overdue", "unreachable", "recovered", "all"};

bool ended(event const& e, outcome o) {
  return e.type == event_type::build_finished && e.build && e.build->outcome == o;
}

}  // namespace

std::string_view to_string(selector s) { return words[static_cast<std::size_t>(s)]; }

std::span<std::string_view const> selector_words() { return words; }

std::optional<selector> selector_named(std::string_view word) {
  auto const at = std::ranges::find(words, word);
  if (at == words.end()) return std::nullopt;
  return static_cast<selector>(at - words.begin());
}

bool matches(selector s, event const& e) {
  switch (s) {
    case selector::started: return e.type == event_type::build_started;
    case selector::finished: return e.type == event_type::build_finished;
    case selector::success: return ended(e, outcome::success);
    case selector::failure: return ended(e, outcome::failure);
    case selector::unstable: return ended(e, outcome::unstable);
    case selector::aborted: return ended(e, outcome::aborted);
    case selector::unknown: return ended(e, outcome::unknown);
    case selector::broken: return e.change == change::broken;
    case selector::fixed: return e.change == change::fixed;
    case selector::still_failing: return e.change == change::still_failing;
    case selector::still_passing: return e.change == change::still_passing;
    case selector::overdue: return e.type == event_type::build_overdue;
    case selector::unreachable:
      return e.type == event_type::job_unreachable || e.type == event_type::provider_unreachable;
    case selector::recovered: return e.type == event_type::job_recovered || e.type == event_type::provider_recovered;
    case selector::all: return true;
  }
  return false;
}

}  // namespace buildwatch::model

#include "buildwatch/model/outcome.hpp"

#include <algorithm>
#include <array>

namespace buildwatch::model {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::array<std::pair<std::string_view, outcome>, 21> words{{
    {"success", outcome::success},   {"succeeded", outcome::success}, {"ok", outcome::success},
    {"blue", outcome::success},      {"failure", outcome::failure},   {"failed", outcome::failure},
    {"fail", outcome::failure},      {"error", outcome::failure},     {"red", outcome::failure},
    {"timeout", outcome::failure},   {"timedout", outcome::failure},  {"schedule_failure", outcome::failure},
    {"unstable", outcome::unstable}, {"yellow", outcome::unstable},   {"aborted", outcome::aborted},
    {"abort", outcome::aborted},     {"canceled", outcome::aborted},  {"cancelled", outcome::aborted},
    {"stopped", outcome::aborted},   {"killed", outcome::aborted},    {"unknown", outcome::unknown},
}};

constexpr std::array<std::string_view, 5> names{"success", "failure", "unstable", "aborted", "unknown"};
constexpr std::array<std::string_view, 7> running_words{"running", "building", "starting", "inqueue",
                                                        "queued",  "pending",  "none"};

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view to_string(outcome o) { return names[static_cast<std::size_t>(o)]; }

std::optional<outcome> outcome_named(std::string_view word) {
  auto const at = std::ranges::find(names, word);
  if (at == names.end()) return std::nullopt;
  return static_cast<outcome>(at - names.begin());
}

outcome outcome_of(std::string_view word, outcome_words const& extra) {
  for (auto const& [name, meaning] : extra) {
    if (equal_ignoring_case(name, word)) return meaning;
  }
  for (auto const& [name, meaning] : words) {
    if (equal_ignoring_case(name, word)) return meaning;
  }
  return outcome::unknown;
}

bool undecided_word(std::string_view word) {
  return word.empty() || std::ranges::any_of(running_words, [&](auto w) { return equal_ignoring_case(w, word); });
}

}  // namespace buildwatch::model

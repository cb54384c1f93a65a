// Keys `poll`, `overdue_after`, `unreachable_after` and `catch_up` of `defaults` and of jobs; key `defaults`.
#include <array>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 2> modes{"adaptive", "fixed"};
constexpr std::uint32_t most_caught_up = 1000;

std::optional<overdue_rule> read_overdue(cursor const& c) {
  constexpr std::string_view expected = "a duration, auto or never";
  auto const s = read_scalar(c, expected);
  if (!s) return std::nullopt;
  if (s->text == "auto") return overdue_rule{};
  if (s->text == "never") return overdue_rule{false, {}};
  auto const after = as_duration(c, *s, interval_range(), expected);
  return after ? std::optional(overdue_rule{false, *after}) : std::nullopt;
}

void read_poll(cursor const& c, some_times& times) {
  fields const f(c, poll_keys());
  f.check();
  if (auto const idle = f.find("idle")) times.idle = read_duration(*idle, interval_range());
  if (auto const building = f.find("building")) times.building = read_duration(*building, interval_range());
  if (auto const mode = f.find("mode")) {
    if (auto const word = read_word(*mode, modes)) times.adaptive = *word == 0;
  }
}

}  // namespace

some_times read_times(fields const& f) {
  some_times times;
  if (auto const poll = f.find("poll")) read_poll(*poll, times);
  if (auto const c = f.find("overdue_after")) times.overdue = read_overdue(*c);
  if (auto const c = f.find("unreachable_after")) times.unreachable_after = read_duration(*c, interval_range());
  if (auto const c = f.find("catch_up")) times.catch_up = read_number(*c, 0, most_caught_up);
  return times;
}

void read_defaults(cursor const& c, draft& into) {
  fields const f(c, defaults_keys());
  f.check();
  into.defaults = read_times(f);
}

}  // namespace buildwatch::config

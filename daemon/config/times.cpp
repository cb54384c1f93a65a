// Keys `poll`, `overdue_after` and `unreachable_after` of `defaults` and of jobs; key `defaults`.
#include <array>

#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::array<std::string_view, 1> modes{"fixed"};
constexpr std::array<std::string_view, 1> later_modes{"adaptive"};

/// Only `never` so far: `auto` and a duration are known, and refused.
void read_overdue(cursor const& c) {
  auto const s = read_scalar(c, "a duration, auto or never");
  if (!s || s->text == "never") return;
  if (s->text == "auto" || parse_duration(s->text)) return c.error("not supported yet; only `never` is");
  unexpected(c, *s, "a duration, auto or never");
}

void read_poll(cursor const& c, some_times& times) {
  fields const f(c, poll_keys());
  f.check();
  if (auto const idle = f.find("idle")) times.idle = read_duration(*idle, interval_range());
  if (auto const building = f.find("building")) times.building = read_duration(*building, interval_range());
  if (auto const mode = f.find("mode")) static_cast<void>(read_word(*mode, modes, later_modes));
}

}  // namespace

some_times read_times(fields const& f) {
  some_times times;
  if (auto const poll = f.find("poll")) read_poll(*poll, times);
  if (auto const c = f.find("overdue_after")) read_overdue(*c);
  if (auto const c = f.find("unreachable_after")) times.unreachable_after = read_duration(*c, interval_range());
  return times;
}

void read_defaults(cursor const& c, draft& into) {
  fields const f(c, defaults_keys());
  f.check();
  into.defaults = read_times(f);
}

}  // namespace buildwatch::config

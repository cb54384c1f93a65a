// `format: text`: an event as a line for people.
#include <fmt/format.h>

#include <ctime>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::notify {
namespace {

struct mark {
  std::string_view sign;    // one column wide in every common terminal
  std::string_view colour;  // ANSI SGR parameters
};

constexpr mark good{"✓", "32"}, bad{"✗", "31"}, begun{"▶", "36"};

mark outcome_mark(model::event const& e) {
  if (!e.build || !e.build->outcome) return {"?", "35"};
  switch (*e.build->outcome) {
    case model::outcome::success: return good;
    case model::outcome::failure: return bad;
    case model::outcome::unstable: return {"!", "33"};
    case model::outcome::aborted: return {"■", "90"};
    case model::outcome::unknown: break;
  }
  return {"?", "35"};
}

mark mark_of(model::event const& e) {
  switch (e.type) {
    case model::event_type::build_started: return begun;
    case model::event_type::build_finished: return outcome_mark(e);
    case model::event_type::build_overdue: return {"…", "33"};
    case model::event_type::job_unreachable:
    case model::event_type::provider_unreachable: return {"⊘", "31"};
    case model::event_type::job_recovered:
    case model::event_type::provider_recovered: return {"↺", "32"};
  }
  return {"?", "35"};
}

}  // namespace

std::string local_time(base::wall_time t) {
  std::time_t const seconds = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  std::tm local{};
  // localtime_r need not look at $TZ by itself (POSIX); where the zone is unknown it is UTC.
  tzset();
  if (localtime_r(&seconds, &local) == nullptr) return model::to_rfc3339(t);
  long const minutes = std::abs(local.tm_gmtoff) / 60;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, local.tm_gmtoff < 0 ? '-' : '+',
                     minutes / 60, minutes % 60);
}

std::string headline(model::event const& e, bool colour) {
  mark const m = mark_of(e);
  std::string const sign = colour ? fmt::format("\x1b[{}m{}\x1b[0m", m.colour, m.sign) : std::string(m.sign);
  return fmt::format("{} {}{}", sign, clean_line(model::summary(e)), e.test ? " [test]" : "");
}

std::string text_line(model::event const& e, bool colour) {
  return fmt::format("{}  {}", local_time(e.timestamp), headline(e, colour));
}

}  // namespace buildwatch::notify

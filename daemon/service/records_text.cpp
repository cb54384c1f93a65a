// What a store keeps, for people: times are local.
#include <fmt/format.h>

#include <string>

#include "buildwatch/notify/format.hpp"
#include "buildwatch/service/records.hpp"

namespace buildwatch::service {
namespace {

std::string tries_of(store::receipt const& r) {
  if (r.tries == 0) return r.answer.empty() ? "not tried yet" : "to be tried anew";  // `outbox retry` was here
  return r.tries == 1 ? "tried once" : fmt::format("tried {} times", r.tries);
}

std::string state_of(store::receipt const& r) {
  std::string const at = notify::local_time(r.at);
  switch (r.standing) {
    case store::standing::delivered: return fmt::format("delivered {}, at try {}", at, r.tries);
    case store::standing::dead: return fmt::format("dead since {} {}", at, r.why);
    case store::standing::dropped: return fmt::format("dropped {}, {}", at, tries_of(r));
    case store::standing::waiting: break;
  }
  return fmt::format("waiting until {}, {}", r.behind_pause ? "the sink works again" : at, tries_of(r));
}

/// "oncall: waiting until 2026-11-23 21:20:23+01:00, tried 3 times: 503 Service Unavailable"
std::string became(store::receipt const& r) {
  return notify::clean_line(fmt::format("{}: {}{}{}", r.sink, state_of(r), r.answer.empty() ? "" : ": ", r.answer));
}

/// When it ended, as far as anybody knows: a poll that found it over knows no more than that.
std::string end_of(model::build const& b) {
  if (b.finished_at) return notify::local_time(*b.finished_at);
  if (b.first_seen_finished) return "before " + notify::local_time(*b.first_seen_finished);
  auto const& alive = b.last_seen_running ? b.last_seen_running : b.started_at;
  return alive ? "after " + notify::local_time(*alive) : "at an unknown time";
}

}  // namespace

std::string for_people(store::kept_build const& b) {
  model::event e;
  e.type = b.build.building ? model::event_type::build_started : model::event_type::build_finished;
  e.provider = b.provider;
  e.job = model::job{b.job, b.provider, b.job_id, {}};
  e.build = b.build;
  return fmt::format("{:<25}  {}", end_of(b.build), notify::headline(e, false));
}

std::string for_people(store::kept_event const& e) {
  std::string all = fmt::format("{}  {}", notify::text_line(e.event, false), e.event.id);
  for (auto const& r : e.receipts) {
    all += fmt::format("\n    {} ({}; number {})", became(r), notify::clean_line(r.rule), r.number);
  }
  for (auto const& [sink, why] : e.not_asked) {
    all += "\n    " + notify::clean_line(fmt::format("{}: not asked: {}", sink, why));
  }
  return all;
}

std::string for_people(store::receipt const& r) {
  return fmt::format("{}  {} (owed since {})  {}  {}", r.number, became(r), notify::local_time(r.added),
                     notify::clean_line(r.summary), r.event_id);
}

}  // namespace buildwatch::service

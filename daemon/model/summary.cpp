// An event as a line for people: what a colleague would say of it, and nothing that is not known.
#include <fmt/format.h>

#include "buildwatch/model/event.hpp"

namespace buildwatch::model {
namespace {

std::string_view verb(outcome o) {
  switch (o) {
    case outcome::success: return "passed";
    case outcome::failure: return "failed";
    case outcome::unstable: return "is unstable";
    case outcome::aborted: return "was aborted";
    case outcome::unknown: return "ended in an unknown way";
  }
  return "ended";
}

std::string_view after_change(change c) {
  switch (c) {
    case change::broken: return " (was passing)";
    case change::fixed: return " (fixed, was failing)";
    case change::still_failing: return " (still failing)";
    case change::still_passing: return "";
  }
  return "";
}

std::string named(event const& e) { return fmt::format("{} #{}", e.job->name, e.build->number); }

std::string on_branch(build const& b) {
  return b.source && !b.source->branch.empty() ? " on " + b.source->branch : std::string();
}

/// "1 h 13 min", or as much as has been seen of it: "at least 1 h 12 min". Empty: nothing is known.
std::string ran_for(build const& b, std::optional<base::wall_time> const& until,
                    std::optional<base::wall_time> const& seen_until) {
  if (b.started_at && until && *until >= *b.started_at) return for_people(*until - *b.started_at);
  if (b.started_at || !b.first_seen_running || !seen_until) return {};
  base::duration const seen = *seen_until - *b.first_seen_running;
  return seen < std::chrono::seconds(1) ? std::string() : "at least " + for_people(seen);
}

std::string with_reason(std::string text, event const& e) {
  if (e.reason) text += ": " + *e.reason;
  return text;
}

std::string started_text(event const& e) {
  build const& b = *e.build;
  std::string text = named(e) + " is running" + on_branch(b);
  bool const long_ago = b.started_at && e.timestamp - *b.started_at >= std::chrono::minutes(1);
  if (long_ago) text += fmt::format(", for {} already", for_people(e.timestamp - *b.started_at));
  return with_reason(std::move(text), e);
}

std::string overdue_text(event const& e) {
  std::string text = named(e) + " is overdue" + on_branch(*e.build);
  std::string const ran = ran_for(*e.build, e.timestamp, e.timestamp);
  if (ran.empty()) return with_reason(std::move(text), e);
  text += ": it has run for " + ran;
  return e.reason ? text + "; " + *e.reason : text;
}

std::string finished_text(event const& e) {
  build const& b = *e.build;
  std::string text = fmt::format("{} {}{}", named(e), verb(b.outcome.value_or(outcome::unknown)), on_branch(b));
  std::string const ran = ran_for(b, b.finished_at, b.last_seen_running);
  if (!ran.empty()) text += " after " + ran;
  if (b.outcome == outcome::unknown && !b.result.empty()) text += fmt::format(" ({})", b.result);
  if (e.change) text += after_change(*e.change);
  return with_reason(std::move(text), e);
}

}  // namespace

std::string summary(event const& e) {
  std::string_view const subject = e.job ? std::string_view(e.job->name) : std::string_view(e.provider);
  switch (e.type) {
    case event_type::build_started: return started_text(e);
    case event_type::build_finished: return finished_text(e);
    case event_type::build_overdue: return overdue_text(e);
    case event_type::job_unreachable: return with_reason(fmt::format("{} can not be watched", subject), e);
    case event_type::job_recovered: return fmt::format("{} is watched again", subject);
    case event_type::provider_unreachable:
      return with_reason(fmt::format("provider {} can not be reached", subject), e);
    case event_type::provider_recovered: return fmt::format("provider {} answers again", subject);
  }
  return std::string(subject);
}

}  // namespace buildwatch::model

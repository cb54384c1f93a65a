#include "notify/delivery_log.hpp"

#include <fmt/format.h>

#include "buildwatch/model/log_fields.hpp"
#include "buildwatch/notify/format.hpp"

namespace buildwatch::notify {
namespace {

using base::log_level;

// What is lost, in words: whoever reads the log need not look the id up.
std::string what(model::event const& e) { return clean_line(model::summary(e), 300); }

std::string last(std::string_view answer) { return answer.empty() ? "never tried" : fmt::format("last: {}", answer); }

}  // namespace

base::log_event delivery_log::about(log_level level, std::string_view id, model::event const* e,
                                    std::string text) const {
  base::log_event event{level, id, fmt::format("sink {}: {}", sink_, text), {{"sink", sink_}}};
  if (e == nullptr) return event;
  model::add_fields(event, *e);
  return event;
}

base::log_event delivery_log::failed(model::event const& e, std::string_view answer, std::optional<base::duration> next,
                                     bool pauses_sink) const {
  std::string const when = next ? "in " + model::wait_for_people(*next) : std::string("when the sink works again");
  std::string text = fmt::format("{} not delivered: {}; next try {}", e.id, answer, when);
  if (pauses_sink) text += "; what else is owed to it waits";
  return about(log_level::warn, "delivery.failed", &e, std::move(text));
}

base::log_event delivery_log::delivered(model::event const& e, std::string_view answer, std::size_t tries) const {
  if (tries <= 1)
    return about(log_level::debug, "delivery.delivered", &e, fmt::format("{} delivered: {}", e.id, answer));
  return about(log_level::info, "delivery.delivered", &e,
               fmt::format("{} delivered at try {}: {}", e.id, tries, answer));
}

base::log_event delivery_log::works_again() const {
  return about(log_level::info, "sink.works", nullptr, "works again");
}

base::log_event delivery_log::released(std::string_view because, std::optional<std::size_t> waiting) const {
  std::string const which = waiting ? fmt::to_string(*waiting) + " waiting deliveries follow" : "what waits follows";
  return about(log_level::info, "sink.works", nullptr, fmt::format("{}; {}", because, which));
}

// What becomes of a delivery that is dead. The fallback may have had the event already, by a rule of its own.
std::string delivery_log::lost() const {
  return fallback_.empty() ? "is lost" : "is left to " + fallback_ + ": it is dead here";
}

base::log_event delivery_log::dead(model::event const& e, std::string_view answer, std::string_view why) const {
  return about(log_level::error, "delivery.dead", &e,
               fmt::format("{} {} {} ({}): {}", e.id, lost(), why, last(answer), what(e)));
}

base::log_event delivery_log::more_dead(std::uint64_t count, std::string_view why) const {
  return about(log_level::error, "delivery.dead", nullptr,
               fmt::format("{} more events: each {} {}", count, lost(), why));
}

base::log_event delivery_log::disabled(std::string_view answer) const {
  std::string const becomes = fallback_.empty() ? "lost" : "left to " + fallback_;
  return about(
      log_level::error, "sink.disabled", nullptr,
      fmt::format("{}: the receiver wants nothing more; what is owed to it is {}, and so are later events until "
                  "a reload or restart",
                  answer, becomes));
}

base::log_event delivery_log::refused(model::event const& e, std::uint64_t count) const {
  return about(log_level::error, "delivery.dead", &e,
               fmt::format("{} {}, the sink is disabled (event {} since then): {}", e.id, lost(), count, what(e)));
}

base::log_event delivery_log::unsent(model::event const& e, std::string_view answer) const {
  return about(log_level::warn, "delivery.unsent", &e,
               fmt::format("{} unsent at the stop, sent after the next start ({}): {}", e.id, last(answer), what(e)));
}

base::log_event delivery_log::more_unsent(std::uint64_t count, bool in_outbox) const {
  std::string const which = count == 0  ? "further events"
                            : in_outbox ? fmt::format("{} more events, and further ones in the outbox,", count)
                                        : fmt::format("{} more events", count);
  return about(log_level::warn, "delivery.unsent", nullptr, which + " unsent at the stop, sent after the next start");
}

base::log_event delivery_log::falls_back(model::event const& e, base::duration waited) const {
  return about(
      log_level::warn, "delivery.fallback", &e,
      fmt::format("{} has waited for {} and goes to {} too: {}", e.id, model::for_people(waited), fallback_, what(e)));
}

base::log_event delivery_log::more_fall_back(std::uint64_t count) const {
  return about(log_level::warn, "delivery.fallback", nullptr,
               fmt::format("{} more events have waited as long and go to {} too", count, fallback_));
}

}  // namespace buildwatch::notify

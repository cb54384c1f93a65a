#include "notify/delivery_log.hpp"

#include <fmt/format.h>

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
  event.fields.emplace_back("event_id", e->id);
  event.fields.emplace_back("provider", e->provider);
  if (e->job) event.fields.emplace_back("job", e->job->name);
  if (e->build) event.fields.emplace_back("build", fmt::to_string(e->build->number));
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

base::log_event delivery_log::released(std::size_t waiting) const {
  return about(log_level::info, "sink.works", nullptr,
               fmt::format("works again; {} waiting deliveries follow", waiting));
}

base::log_event delivery_log::dead(model::event const& e, std::string_view answer, std::string_view why) const {
  return about(log_level::error, "delivery.dead", &e,
               fmt::format("{} is lost {} ({}): {}", e.id, why, last(answer), what(e)));
}

base::log_event delivery_log::disabled(std::string_view answer, std::size_t owed) const {
  return about(
      log_level::error, "sink.disabled", nullptr,
      fmt::format("{}: the receiver wants nothing more; {} events owed to it are lost, and so are later ones until a "
                  "reload or restart",
                  answer, owed));
}

base::log_event delivery_log::refused(model::event const& e, std::uint64_t count) const {
  return about(log_level::error, "delivery.dead", &e,
               fmt::format("{} is lost, the sink is disabled (event {} since then): {}", e.id, count, what(e)));
}

base::log_event delivery_log::overflow(model::event const& e, std::uint64_t count) const {
  return about(
      log_level::error, "delivery.dead", &e,
      fmt::format("{} is lost, more deliveries wait than are kept (event {} lost so): {}", e.id, count, what(e)));
}

base::log_event delivery_log::unsent(model::event const& e, std::string_view answer) const {
  return about(log_level::warn, "delivery.unsent", &e,
               fmt::format("{} unsent at the stop ({}): {}", e.id, last(answer), what(e)));
}

base::log_event delivery_log::more_unsent(std::uint64_t count) const {
  return about(log_level::warn, "delivery.unsent", nullptr, fmt::format("{} more events unsent at the stop", count));
}

}  // namespace buildwatch::notify

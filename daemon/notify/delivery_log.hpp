// What a queue tells the log: the sentences, apart from the decisions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"

namespace buildwatch::notify {

/// Pure. `sink` is the sink's name, `fallback` that of the sink which gets what is dead (empty: none), `answer` what
/// the other side answered to the last try.
class delivery_log {
 public:
  explicit delivery_log(std::string sink, std::string fallback)
      : sink_(std::move(sink)), fallback_(std::move(fallback)) {}

  /// `next`: the wait before its next try; nullopt: when the paused sink works again.
  [[nodiscard]] base::log_event failed(model::event const& e, std::string_view answer,
                                       std::optional<base::duration> next, bool pauses_sink) const;
  [[nodiscard]] base::log_event delivered(model::event const& e, std::string_view answer, std::size_t tries) const;
  /// A failure has ended that was no pause.
  [[nodiscard]] base::log_event works_again() const;
  /// A pause has ended; `because`: "works again". nullopt: how many wait is not known here.
  [[nodiscard]] base::log_event released(std::string_view because, std::optional<std::size_t> waiting) const;
  /// `why`: "after 11 tries", "after it had waited for 3 d".
  [[nodiscard]] base::log_event dead(model::event const& e, std::string_view answer, std::string_view why) const;
  [[nodiscard]] base::log_event disabled(std::string_view answer) const;
  /// The `count`-th event that came after the sink had been disabled.
  [[nodiscard]] base::log_event refused(model::event const& e, std::uint64_t count) const;
  [[nodiscard]] base::log_event unsent(model::event const& e, std::string_view answer) const;
  /// `in_outbox`: further ones were never in memory.
  [[nodiscard]] base::log_event more_unsent(std::uint64_t count, bool in_outbox) const;
  /// It has waited for so long that it goes to the fallback too.
  [[nodiscard]] base::log_event falls_back(model::event const& e, base::duration waited) const;
  [[nodiscard]] base::log_event more_fall_back(std::uint64_t count) const;
  [[nodiscard]] base::log_event more_dead(std::uint64_t count, std::string_view why) const;

 private:
  [[nodiscard]] base::log_event about(base::log_level level, std::string_view id, model::event const* e,
                                      std::string text) const;
  [[nodiscard]] std::string lost() const;
  std::string sink_, fallback_;
};

}  // namespace buildwatch::notify

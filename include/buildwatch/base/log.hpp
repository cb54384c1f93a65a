// The log port: what happened, as an event with a level, a stable id, a text for people and fields for machines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buildwatch::base {

enum class log_level { trace, debug, info, warn, error };

/// One thing worth telling. Whoever makes it keeps secrets out of it (see `secret`).
struct log_event {
  log_level level = log_level::info;
  std::string_view id;  ///< stable, dotted, a string literal: "poll.failed"
  std::string text;     ///< one sentence for people: what, where, what to do
  std::vector<std::pair<std::string_view, std::string>>
      fields;  ///< names are literals: job, build, sink, provider, event_id, outcome
};

/// Port: takes log events. Constructor argument of whoever logs; a test captures. Loop thread only. Never throws.
class log {
 public:
  virtual ~log() = default;
  /// False lets a hot path skip building the event.
  [[nodiscard]] virtual bool wants(log_level level) const = 0;
  virtual void write(log_event const& event) = 0;
};

}  // namespace buildwatch::base

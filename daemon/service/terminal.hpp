// What an output is, and standard error as `watch` writes on it: a line that is drawn over and over on a terminal,
// plain lines elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "buildwatch/base/log.hpp"
#include "service/progress_text.hpp"

namespace buildwatch::service {

/// An output, and what the environment says of it (TERM, NO_COLOR, COLUMNS).
struct display {
  std::size_t columns = 0;  ///< of a terminal; 0: it is none
  bool draws = false;       ///< something can be drawn over: a terminal, and none that is dumb
  bool colour = false;
};
[[nodiscard]] display look_at(int fd);

/// Nothing of it outlives the object: the cursor is never hidden, and the line is gone with clear().
class terminal {
 public:
  /// What standard error is, and what the environment says of it (TERM, NO_COLOR, LC_ALL, LC_CTYPE, LANG, COLUMNS).
  terminal();

  /// Whether something can be drawn over: it is a terminal, and none that is dumb.
  [[nodiscard]] bool draws() const { return draws_; }
  [[nodiscard]] bool colour() const { return colour_; }
  /// As wide as the terminal is now; one column less, so that the cursor stays on the line.
  [[nodiscard]] bar_style style() const;

  /// Instead of what was drawn before, in one write; nothing where that is the same.
  void draw(std::string line);
  /// The line is empty again.
  void clear();
  /// A line that stays, above what is drawn next.
  void say(std::string_view line);

 private:
  bool draws_;
  bool colour_;
  bool unicode_;
  std::string drawn_;
};

/// Log lines go above what is drawn.
class log_above final : public base::log {
 public:
  log_above(base::log& to, terminal& below) : to_(to), below_(below) {}
  [[nodiscard]] bool wants(base::log_level level) const override { return to_.wants(level); }
  void write(base::log_event const& event) override {
    below_.clear();
    to_.write(event);
  }

 private:
  base::log& to_;
  terminal& below_;
};

}  // namespace buildwatch::service

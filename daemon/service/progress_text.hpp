// How far a build is, as text: a bar for a terminal, lines for everything else. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/follow_build.hpp"

namespace buildwatch::service {

struct bar_style {
  std::size_t columns = 80;  ///< that it may take; it never takes more
  bool colour = false;       ///< ANSI colours
  bool unicode = true;       ///< blocks of eighths, else `#` and `-`
};

/// "firmware-nightly #42  ███████▌░░░░  62 %  12 min 3 s  7 min left (5 to 11 min)": as much of it as fits. Where there
/// is no forecast the bar moves to and fro instead, as `beat` counts up.
[[nodiscard]] std::string bar_line(follow_view const& v, std::uint64_t beat, bar_style const& style);

/// "firmware-nightly #42: 62 %, running for 12 min 3 s, 7 min left (5 to 11 min)"
[[nodiscard]] std::string plain_line(follow_view const& v);

/// Never 100 %: it still runs.
[[nodiscard]] int per_cent(double progress);
/// "7 min left (5 to 11 min)", or without the range; that is left out too where both ends are the same in words.
[[nodiscard]] std::string time_left(forecast::estimate const& e, bool with_range);
/// Cleaned, and at most so many columns of it. What is not ASCII counts as two, as it may be that wide.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);
/// In a colour (parameters of ANSI SGR: "31"), or as it is.
[[nodiscard]] std::string painted(std::string_view text, std::string_view colour, bool paint);

/// How far one build is, as it is shown: never less than before. A forecast's progress falls where the build outlasts
/// its history, as what is left grows.
class held_progress {
 public:
  [[nodiscard]] follow_view of(follow_view v);

 private:
  double furthest_ = 0;
};

/// Which lines are worth writing where nothing can be drawn over: each change of what is seen, and while the build runs
/// one at every tenth of it or each minute, whichever is rarer.
class plain_lines {
 public:
  /// The line to be written now, if any.
  [[nodiscard]] std::optional<std::string> next(follow_view const& v, base::time_point now);

 private:
  bool any_ = false;
  follow_stage stage_ = follow_stage::looking;
  bool troubled_ = false;
  int tenths_ = 0;
  base::time_point written_{};
};

}  // namespace buildwatch::service

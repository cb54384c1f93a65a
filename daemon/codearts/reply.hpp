// What stands in the body of an answer, before any rule is applied to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace buildwatch::codearts {

enum class json_kind : std::uint8_t { absent, null, boolean, number, string, object, array };

/// A text that may stand in several places of an answer; the best place wins, the first of equals.
struct ranked_text {
  void offer(std::uint8_t offered_rank, std::string_view offered);
  [[nodiscard]] bool empty() const { return text.empty(); }
  std::string text;  ///< cut to 1 KiB
  std::uint8_t rank = 255;
};

/// The number of a build, as it stands in an answer.
struct stated_number {
  std::uint32_t value = 0;  ///< 1..2147483647; 0: none is stated
  bool wrong = false;       ///< something else stands there
};

/// One build of a build-info answer, or a job's of a running-status answer. Texts are cut to 1 KiB.
struct reply_item {
  json_kind kind = json_kind::absent;  ///< of the item itself
  bool empty = true;                   ///< an object without members
  json_kind building_kind = json_kind::absent;
  bool building = false;
  json_kind word_kind = json_kind::absent;
  std::string word;
  std::string region;    ///< empty when absent or no string
  stated_number newest;  ///< last_build_no
  bool running = false;  ///< is_running
};

/// The body, read. Of a member that stands twice the last one counts.
struct reply {
  bool valid = false;                  ///< one whole JSON text, not nested too deep
  json_kind root = json_kind::absent;  ///< of the innermost text, where JSON stands inside a JSON string
  bool in_string = false;              ///< it did (codearts-api.md 4.1, g)

  json_kind status_kind = json_kind::absent;
  std::string status;  ///< cut to 1 KiB
  json_kind result_kind = json_kind::absent;
  std::size_t items = 0;  ///< 1 for an object
  reply_item item;        ///< the first for the wanted region, else the first

  bool error = false;  ///< some shape of codearts-api.md 4.1 is there
  ranked_text code;    ///< of the error; an integer code as its digits
  ranked_text message;
};

/// Reads `body`; of several results keeps the one for `region`. Never fails: see reply::valid.
[[nodiscard]] reply read_reply(std::string_view body, std::string_view region);

}  // namespace buildwatch::codearts

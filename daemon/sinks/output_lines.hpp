// What a program prints, as lines for the log: cleaned, bounded, with secrets hidden. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace buildwatch::sinks {

class output_lines {
 public:
  static constexpr std::size_t most_lines = 200;
  static constexpr std::size_t most_bytes = 64 * 1024;
  static constexpr std::size_t longest_line = 1024;

  /// `hidden`: texts that must not be shown, longest first; see secret_texts.
  output_lines(std::vector<std::string> const& hidden, std::function<void(std::string const&)> show);
  void feed(std::string_view bytes);
  /// Shows an unfinished last line, and how much was left out.
  void finish();

 private:
  void end_line();
  void show_line();

  std::vector<std::string> const& hidden_;
  std::function<void(std::string const&)> show_;
  std::size_t
      keep_;  // of one line: enough to recognise a secret (or a character) that begins in the part that is shown
  std::string line_;
  std::uint64_t beyond_ = 0;  // bytes of this line that were not kept
  std::uint64_t not_shown_ = 0;
  std::size_t lines_ = 0, bytes_ = 0;
};

/// The parts of `values` to hide: each line of each, if it has 4 bytes or more; longest first.
[[nodiscard]] std::vector<std::string> secret_texts(std::vector<std::string_view> const& values);

}  // namespace buildwatch::sinks

// What a provider calls a job.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace buildwatch::model {

/// Up to 32 characters without NUL, held in place: of 100,000 jobs, each a piece of memory less, and none that lies
/// between what loading the file gives back.
class job_id {
 public:
  static constexpr std::size_t most = 32;

  job_id() = default;
  /// Throws std::length_error where it is longer.
  job_id(std::string_view text) {  // NOLINT(google-explicit-constructor): it is one
    if (text.size() > most) throw std::length_error("a job id of over 32 characters");
    std::ranges::copy(text, text_.begin());
  }
  job_id(char const* text) : job_id(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)
  job_id(std::string const& text) : job_id(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::string_view view() const {
    return {text_.data(), static_cast<std::size_t>(std::ranges::find(text_, '\0') - text_.begin())};
  }
  [[nodiscard]] std::string str() const { return std::string(view()); }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor): what it is for
  [[nodiscard]] bool empty() const { return text_.front() == '\0'; }
  friend auto operator<=>(job_id const&, job_id const&) = default;

 private:
  std::array<char, most> text_{};
};

}  // namespace buildwatch::model

// A string that must never be shown. It has no stream operator and no formatter, so it can not slip into a log line.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace buildwatch::base {

class secret {
 public:
  secret() = default;
  explicit secret(std::string value) : value_(std::move(value)) {}
  /// The only way out; each caller is a place to review.
  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend bool operator==(secret const&, secret const&) = default;

 private:
  std::string value_;
};

}  // namespace buildwatch::base

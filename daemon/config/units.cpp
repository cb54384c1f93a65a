#include <array>
#include <charconv>
#include <cmath>

#include "buildwatch/config/config.hpp"

namespace buildwatch::config {
namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::array<unit, 5> units{
    {{"d", 86'400 * second}, {"h", 3'600 * second}, {"m", 60 * second}, {"s", second}, {"ms", second / 1000}}};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return c >= 'a' && c <= 'z'; }

/// Takes what `is` accepts off the front.
template <class Is>
std::string_view take(std::string_view& text, Is is) {
  std::size_t n = 0;
  while (n < text.size() && is(text[n])) ++n;
  std::string_view const taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

/// Too large a number counts as the largest, so that the complaint is about the range and not about the form.
std::int64_t number(std::string_view digits) {
  std::int64_t n = 0;
  auto const done = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return done.ec == std::errc{} ? n : INT64_MAX;
}

std::int64_t added(std::int64_t sum, std::int64_t count, std::int64_t each) {
  std::int64_t product = 0;
  std::int64_t total = 0;
  if (__builtin_mul_overflow(count, each, &product) || __builtin_add_overflow(sum, product, &total)) return INT64_MAX;
  return total;
}

}  // namespace

std::optional<base::duration> parse_duration(std::string_view text) {
  std::int64_t sum = 0;
  std::size_t next = 0;  // units come from large to small, each at most once
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::string_view const digits = take(text, digit);
    std::string_view const name = take(text, letter);
    while (next < units.size() && units[next].name != name) ++next;
    if (digits.empty() || next == units.size()) return std::nullopt;
    sum = added(sum, number(digits), units[next].nanoseconds);
    ++next;
  }
  return base::duration(sum);
}

std::optional<double> parse_rate(std::string_view text) {
  auto const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view count = text.substr(0, slash);
  std::string_view const per = text.substr(slash + 1);
  if (per != "s" && per != "m") return std::nullopt;
  double value = 0;
  if (count.empty() || !digit(count.front()) || !digit(count.back())) return std::nullopt;
  auto const done = std::from_chars(count.data(), count.data() + count.size(), value, std::chars_format::fixed);
  if (done.ptr != count.data() + count.size()) return std::nullopt;
  if (done.ec == std::errc::result_out_of_range) value = HUGE_VAL;
  return per == "s" ? value : value / 60;
}

}  // namespace buildwatch::config

#include "codearts/timestamp.hpp"

#include <algorithm>
#include <charconv>

namespace buildwatch::codearts {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// `text` matches `form`, where '0' stands for any digit.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char f) { return f == '0' ? digit(c) : c == f; });
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::optional<base::wall_time> parse_timestamp(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (!text.ends_with('Z') || !has_form(text.substr(0, form.size()), form)) return std::nullopt;
  std::string_view decimals = text.substr(form.size());
  decimals.remove_suffix(1);
  if (!decimals.empty() &&
      (decimals.size() < 2 || decimals[0] != '.' || !std::ranges::all_of(decimals.substr(1), digit))) {
    return std::nullopt;
  }
  using namespace std::chrono;
  year_month_day const date{year(number(text.substr(0, 4))), month(static_cast<unsigned>(number(text.substr(5, 2)))),
                            day(static_cast<unsigned>(number(text.substr(8, 2))))};
  int const h = number(text.substr(11, 2)), m = number(text.substr(14, 2)), s = number(text.substr(17, 2));
  if (!date.ok() || h > 23 || m > 59 || s > 60) return std::nullopt;
  int thousandths = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    thousandths = thousandths * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return sys_days(date) + hours(h) + minutes(m) + seconds(s) + milliseconds(thousandths);
}

base::duration time_between(base::wall_time from, base::wall_time to) {
  constexpr base::wall_time::duration most = std::chrono::days(36'525);
  return std::clamp(to - from, -most, most);
}

}  // namespace buildwatch::codearts

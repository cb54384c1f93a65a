// HTTP dates (RFC 9110, 5.6.7) and Retry-After (10.2.3), read without any locale.
#include <algorithm>
#include <array>

#include "buildwatch/net/client.hpp"
#include "net/text.hpp"

namespace buildwatch::net {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
// More is as good as for ever, and would not fit a duration in nanoseconds.
constexpr std::uint64_t longest_wait_seconds = 366ULL * 86'400;

/// Takes a date apart from left to right; the first thing that does not fit makes all of it unreadable.
class date_reader {
 public:
  explicit date_reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      good_ = false;
    }
  }
  template <std::size_t N>
  unsigned one_of(std::array<std::string_view, N> const& words) {
    for (unsigned i = 0; i < N; ++i) {
      if (rest_.starts_with(words[i])) {
        rest_.remove_prefix(words[i].size());
        return i;
      }
    }
    good_ = false;
    return 0;
  }
  unsigned digits(std::size_t count) {
    auto const value = parse_number(rest_.substr(0, count));
    if (rest_.size() < count || !value) {
      good_ = false;
      return 0;
    }
    rest_.remove_prefix(count);
    return static_cast<unsigned>(*value);
  }
  /// "08:49:37"; second 60 is a leap second.
  std::chrono::seconds time_of_day() {
    unsigned const h = digits(2);
    literal(":");
    unsigned const m = digits(2);
    literal(":");
    unsigned const s = digits(2);
    if (h > 23 || m > 59 || s > 60) good_ = false;
    return std::chrono::hours(h) + std::chrono::minutes(m) + std::chrono::seconds(s);
  }
  [[nodiscard]] bool starts_with(char c) const { return rest_.starts_with(c); }
  [[nodiscard]] bool complete() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<base::wall_time> instant_of(unsigned year, unsigned month_index, unsigned day,
                                          std::chrono::seconds time) {
  std::chrono::year_month_day const date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month_index + 1),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return base::wall_time(std::chrono::sys_days(date)) + time;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<base::wall_time> read_fixdate(std::string_view text) {
  date_reader in(text);
  in.one_of(days);
  in.literal(", ");
  unsigned const day = in.digits(2);
  in.literal(" ");
  unsigned const month = in.one_of(months);
  in.literal(" ");
  unsigned const year = in.digits(4);
  in.literal(" ");
  auto const time = in.time_of_day();
  in.literal(" GMT");
  return in.complete() ? instant_of(year, month, day, time) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; two digits of a year mean 1970 to 2069.
std::optional<base::wall_time> read_rfc850(std::string_view text) {
  date_reader in(text);
  in.one_of(long_days);
  in.literal(", ");
  unsigned const day = in.digits(2);
  in.literal("-");
  unsigned const month = in.one_of(months);
  in.literal("-");
  unsigned const short_year = in.digits(2);
  in.literal(" ");
  auto const time = in.time_of_day();
  in.literal(" GMT");
  unsigned const year = short_year + (short_year < 70 ? 2000 : 1900);
  return in.complete() ? instant_of(year, month, day, time) : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<base::wall_time> read_asctime(std::string_view text) {
  date_reader in(text);
  in.one_of(days);
  in.literal(" ");
  unsigned const month = in.one_of(months);
  in.literal(" ");
  bool const one_digit = in.starts_with(' ');
  if (one_digit) in.literal(" ");
  unsigned const day = in.digits(one_digit ? 1 : 2);
  in.literal(" ");
  auto const time = in.time_of_day();
  in.literal(" ");
  unsigned const year = in.digits(4);
  return in.complete() ? instant_of(year, month, day, time) : std::nullopt;
}

}  // namespace

std::optional<base::wall_time> parse_http_date(std::string_view value) {
  std::string_view const text = trimmed(value);
  if (auto const when = read_fixdate(text)) return when;
  if (auto const when = read_rfc850(text)) return when;
  return read_asctime(text);
}

std::optional<base::duration> parse_retry_after(std::string_view value, base::wall_time now) {
  std::string_view const text = trimmed(value);
  bool const number = !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  if (number) {
    // All digits and yet unreadable: more than 64 bits.
    auto const seconds = std::min(parse_number(text).value_or(longest_wait_seconds), longest_wait_seconds);
    return base::duration(std::chrono::seconds(seconds));
  }
  auto const when = parse_http_date(text);
  if (!when || *when < now) return std::nullopt;
  auto const longest = milliseconds(std::chrono::seconds(longest_wait_seconds));
  return base::duration(std::min(*when - now, longest));
}

}  // namespace buildwatch::net

#include "config/decode.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "config/expand.hpp"
#include "config/utf8.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

using namespace std::chrono_literals;

bool letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string found(scalar const& s) { return s.quotable ? ", found " + quoted(s.text) : ""; }

constexpr std::string_view name_rule = "letters, digits, `.`, `_` and `-`, a letter or digit first, at most 100";

}  // namespace

std::string what_is(cursor const& c) {
  switch (c.at.kind) {
    case node::type::list: return "a list";
    case node::type::map: return "a map";
    case node::type::scalar: return c.secret || has_reference(c.at.text) ? "text" : quoted(c.at.text);
    case node::type::nothing:
    case node::type::broken: break;
  }
  return "nothing";
}

std::optional<scalar> read_scalar(cursor const& c, std::string_view expected) {
  if (c.at.kind == node::type::broken) return std::nullopt;
  if (c.at.kind != node::type::scalar) {
    c.error("expected " + std::string(expected) + ", found " + what_is(c));
    return std::nullopt;
  }
  if (c.at.text.find('\0') != std::string::npos) {
    c.error("holds a NUL character");
    return std::nullopt;
  }
  if (c.secret && !c.wanted && c.in.world.skip_secrets && has_reference(c.at.text)) return std::nullopt;
  auto value = expand(c.at.text, {c.in.world, *c.in.disk, c.in.file.directory});
  if (!value) {
    c.error(value.error().text);
    return std::nullopt;
  }
  if (value->assumed) {
    c.warning("the credentials directory is not known here, so this is taken as given");
    return std::nullopt;
  }
  return scalar{std::move(value->text), !c.secret && !value->stands_in, c.at.plain || value->stands_in};
}

void unexpected(cursor const& c, scalar const& s, std::string_view expected) {
  c.error("expected " + std::string(expected) + found(s));
}

std::optional<std::string> read_text(cursor const& c, std::string_view expected, std::size_t longest) {
  auto s = read_scalar(c, expected);
  if (!s) return std::nullopt;
  if (s->text.empty()) {
    c.error("must not be empty");
    return std::nullopt;
  }
  if (s->text.size() > longest) {
    c.error("is longer than " + std::to_string(longest) + " bytes");
    return std::nullopt;
  }
  return std::move(s->text);
}

std::optional<std::string> unfit_for_header(std::string_view text) {
  if (has_control(text)) return "holds a line break or another control character, which no header can carry";
  bool const blank = text.starts_with(' ') || text.ends_with(' ');
  if (blank) return "begins or ends with a blank, which no header can carry";
  return std::nullopt;
}

std::optional<base::secret> read_header_value(cursor const& c, std::string_view expected) {
  constexpr std::size_t longest = 100'000;  // the longest token of codearts-api.md section 2
  auto text = read_text(c, expected, longest);
  if (!text) return std::nullopt;
  if (auto const why = unfit_for_header(*text)) {
    c.error(*why);
    return std::nullopt;
  }
  return base::secret(std::move(*text));
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 100 || !letter_or_digit(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

std::string not_a_name() { return "expected a name of " + std::string(name_rule); }

std::optional<std::string> read_name(cursor const& c) {
  auto s = read_scalar(c, "a name");
  if (!s) return std::nullopt;
  if (!is_name(s->text)) {
    unexpected(c, *s, "a name of " + std::string(name_rule));
    return std::nullopt;
  }
  return std::move(s->text);
}

std::optional<std::size_t> read_word(cursor const& c, std::span<std::string_view const> words,
                                     std::span<std::string_view const> later, quoting how) {
  auto const expected = one_of(words);
  auto s = read_scalar(c, expected);
  if (!s) return std::nullopt;
  if (how == quoting::never) s->quotable = false;
  auto const at = std::ranges::find(words, s->text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  if (std::ranges::find(later, s->text) != later.end()) {
    c.error(s->quotable ? quoted(s->text) + " is not supported yet" : "not supported yet");
  } else {
    c.error("expected " + expected + found(*s) + (s->quotable ? did_you_mean(s->text, words) : ""));
  }
  return std::nullopt;
}

std::optional<std::uint32_t> read_number(cursor const& c, std::uint32_t from, std::uint32_t to) {
  std::string const expected =
      from == to ? std::to_string(from) : "a whole number from " + std::to_string(from) + " to " + std::to_string(to);
  auto const s = read_scalar(c, expected);
  return s ? as_number(c, *s, from, to, expected) : std::nullopt;
}

std::optional<std::uint32_t> as_number(cursor const& c, scalar const& s, std::uint32_t from, std::uint32_t to,
                                       std::string_view expected) {
  if (!s.bare) {
    c.error("expected " + std::string(expected) + ", found text in quotes");
    return std::nullopt;
  }
  std::uint64_t n = 0;
  auto const done = std::from_chars(s.text.data(), s.text.data() + s.text.size(), n);
  if (!all_digits(s.text) || done.ec != std::errc{} || n < from || n > to) {
    unexpected(c, s, expected);
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(n);
}

duration_range const& interval_range() {
  static constexpr duration_range range{50ms, 365 * 24h, "from 50ms to 365d"};
  return range;
}

duration_range const& wait_range() {
  static constexpr duration_range range{50ms, 30 * 24h, "from 50ms to 30d"};
  return range;
}

std::optional<base::duration> read_duration(cursor const& c, duration_range const& range) {
  auto const s = read_scalar(c, "a duration such as 15s");
  return s ? as_duration(c, *s, range, "a duration such as 500ms, 15s, 10m, 2h, 1d or 1h30m") : std::nullopt;
}

std::optional<base::duration> as_duration(cursor const& c, scalar const& s, duration_range const& range,
                                          std::string_view expected) {
  if (all_digits(s.text)) {
    c.error("a duration needs a unit, such as " + (s.quotable && s.text.size() < 10 ? s.text : "15") + "s");
    return std::nullopt;
  }
  auto const d = parse_duration(s.text);
  if (!d) {
    unexpected(c, s, expected);
    return std::nullopt;
  }
  if (*d < range.from || *d > range.to) {
    c.error("must be " + std::string(range.in_words) + found(s));
    return std::nullopt;
  }
  return d;
}

std::optional<double> read_rate(cursor const& c) {
  auto const s = read_scalar(c, "a rate such as 10/s");
  if (!s) return std::nullopt;
  auto const rate = parse_rate(s->text);
  if (!rate) {
    unexpected(c, *s, "a rate such as 10/s or 600/m");
    return std::nullopt;
  }
  constexpr double least = 1.0 / 3600;
  constexpr double most = 10'000;
  if (*rate < least || *rate > most) {
    c.error("must be at least one request an hour (0.0167/m) and at most 10000/s" + found(*s));
    return std::nullopt;
  }
  return rate;
}

}  // namespace buildwatch::config

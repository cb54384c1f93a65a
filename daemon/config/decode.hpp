// Scalars into values: text, words, numbers, durations, rates, secrets. nullopt: complained about already, or a
// credential that counts as given; the caller keeps its default.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "buildwatch/base/secret.hpp"
#include "buildwatch/base/time.hpp"
#include "config/cursor.hpp"

namespace buildwatch::config {

/// The text of a scalar after expansion.
struct scalar {
  std::string text;
  bool quotable = true;  ///< may stand in a complaint
  bool bare = true;      ///< not in quotes, or from outside the file: may be a number
};

/// "a list", "a map", "nothing", or the scalar itself where it may be shown.
[[nodiscard]] std::string what_is(cursor const& c);

/// Any scalar. `expected` words the complaint: "a duration such as 15s".
[[nodiscard]] std::optional<scalar> read_scalar(cursor const& c, std::string_view expected);
/// Complains "expected …, found …" about a scalar.
void unexpected(cursor const& c, scalar const& s, std::string_view expected);

/// Text of 1 to `longest` bytes.
[[nodiscard]] std::optional<std::string> read_text(cursor const& c, std::string_view expected,
                                                   std::size_t longest = 4096);
/// Why an HTTP header cannot carry the text (RFC 9110 section 5.5); nullopt: it can.
[[nodiscard]] std::optional<std::string> unfit_for_header(std::string_view text);
/// Text that goes into an HTTP header as it is.
[[nodiscard]] std::optional<base::secret> read_header_value(cursor const& c, std::string_view expected);
/// A name of a job, provider or sink: ^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$
[[nodiscard]] std::optional<std::string> read_name(cursor const& c);
[[nodiscard]] bool is_name(std::string_view text);
/// The complaint about a key that should be a name.
[[nodiscard]] std::string not_a_name();

/// Whether a complaint may show the word that it is about: never where a secret may stand by mistake.
enum class quoting : std::uint8_t { where_allowed, never };

/// The index of one of `words`. Those in `later` are "not supported yet".
[[nodiscard]] std::optional<std::size_t> read_word(cursor const& c, std::span<std::string_view const> words,
                                                   std::span<std::string_view const> later = {},
                                                   quoting how = quoting::where_allowed);

[[nodiscard]] std::optional<std::uint32_t> read_number(cursor const& c, std::uint32_t from, std::uint32_t to);
/// A scalar that has been read: `expected` words the complaint.
[[nodiscard]] std::optional<std::uint32_t> as_number(cursor const& c, scalar const& s, std::uint32_t from,
                                                     std::uint32_t to, std::string_view expected);

/// A range of durations, and how complaints spell its ends.
struct duration_range {
  base::duration from;
  base::duration to;
  std::string_view in_words;
};
/// Intervals and time-outs: 50ms to 365d.
[[nodiscard]] duration_range const& interval_range();
/// Waits between tries: 50ms to 30d.
[[nodiscard]] duration_range const& wait_range();
[[nodiscard]] std::optional<base::duration> read_duration(cursor const& c, duration_range const& range);
/// A scalar that has been read: `expected` words the complaint.
[[nodiscard]] std::optional<base::duration> as_duration(cursor const& c, scalar const& s, duration_range const& range,
                                                        std::string_view expected);

/// Requests per second: more than 0, at most 10000/s.
[[nodiscard]] std::optional<double> read_rate(cursor const& c);

}  // namespace buildwatch::config

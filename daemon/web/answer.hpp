// An answer before it is bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace buildwatch::web {

/// A body that is made piece by piece, so that no piece holds up the loop: each takes a few milliseconds at most.
class pieces {
 public:
  virtual ~pieces() = default;
  /// Appends the next piece. False: that was the last.
  virtual bool next(std::string& into) = 0;
};

inline constexpr std::size_t piece_size = std::size_t{64} * 1024;  // about: a piece ends with what passes it
inline constexpr std::size_t rows_a_piece = 64;

struct answer {
  unsigned status = 200;
  std::string_view type = "application/json";
  std::string body;
  std::unique_ptr<pieces> rest;  ///< what follows `body`
  /// 200 only: is made whole before it is sent, and has an ETag. Without: what has `rest` goes out as it is made.
  bool tagged = false;
  std::string headers;  ///< further header lines, each ending in CRLF
};

/// {"error": {"code", "message"}}
[[nodiscard]] answer error_answer(unsigned status, std::string_view code, std::string_view message);

/// The answer's head, from status line to empty line. `length` is that of a body that is whole; else it is chunked, or
/// in HTTP/1.0 ends with the connection.
struct head_facts {
  std::string_view date;  ///< RFC 9110, 5.6.7
  std::string_view etag;  ///< empty: none
  bool whole = true;
  std::size_t length = 0;
  bool keep_alive = true;
  bool http_1_1 = true;
  bool embeddable = false;  ///< pages of other sites may show it: badges
};
[[nodiscard]] std::string head_of(answer const& what, head_facts const& facts);

}  // namespace buildwatch::web

// Reads JSON event by event: a poll's answer needs no tree. The one header that sees Boost.JSON.
#pragma once

#include <boost/json/basic_parser_impl.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// What Boost.JSON's parser asks of its handler, told to a `Reader` in five calls that return false to end the reading:
/// key(text), value(kind, text), boolean(flag), open(kind), close(). The text of a number is its digits, empty for
/// zero.
template <class Reader>
class json_handler {
 public:
  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;

  // Whoever reads bounds the whole text.
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = max_array_size;
  static constexpr std::size_t max_key_size = max_array_size;

  explicit json_handler(Reader& to) : to_(to) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return to_.open(json_kind::object); }
  bool on_object_end(std::size_t, error_code&) { return to_.close(); }
  bool on_array_begin(error_code&) { return to_.open(json_kind::array); }
  bool on_array_end(std::size_t, error_code&) { return to_.close(); }
  bool on_key_part(string_view piece, std::size_t, error_code&) { return add(piece); }
  bool on_key(string_view last, std::size_t, error_code&) {
    bool const on = to_.key(whole(last));
    pieces_.clear();
    return on;
  }
  bool on_string_part(string_view piece, std::size_t, error_code&) { return add(piece); }
  bool on_string(string_view last, std::size_t, error_code&) {
    bool const on = to_.value(json_kind::string, whole(last));
    pieces_.clear();
    return on;
  }
  bool on_number_part(string_view, error_code&) { return true; }  // only of a text that is given in parts
  bool on_int64(std::int64_t v, string_view digits, error_code&) { return number(v != 0, digits); }
  bool on_uint64(std::uint64_t v, string_view digits, error_code&) { return number(v != 0, digits); }
  bool on_double(double, string_view digits, error_code&) { return number(true, digits); }
  bool on_bool(bool v, error_code&) { return to_.boolean(v); }
  bool on_null(error_code&) { return to_.value(json_kind::null, {}); }
  bool on_comment_part(string_view, error_code&) { return false; }  // not JSON
  bool on_comment(string_view, error_code&) { return false; }

 private:
  bool add(string_view piece) {
    pieces_.append(piece.data(), piece.size());
    return true;
  }
  /// A text with an escape in it comes in pieces.
  std::string_view whole(string_view last) {
    if (pieces_.empty()) return {last.data(), last.size()};
    add(last);
    return pieces_;
  }
  bool number(bool some, string_view digits) {
    return to_.value(json_kind::number, some ? std::string_view(digits.data(), digits.size()) : std::string_view());
  }

  Reader& to_;
  std::string pieces_;
};

/// How deep an answer may be nested.
inline constexpr std::size_t max_depth = 64;

/// True: `text` is one JSON text, nested no deeper than that, and the reader took all of it.
template <class Reader>
bool read_json(std::string_view text, Reader& to) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // may be ignored (RFC 8259, 8.1)
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  boost::json::parse_options how;
  how.max_depth = max_depth;
  boost::json::basic_parser<json_handler<Reader>> parser(how, to);
  boost::json::error_code fault;
  std::size_t const used = parser.write_some(false, text.data(), text.size(), fault);
  return !fault && used == text.size();
}

}  // namespace buildwatch::codearts

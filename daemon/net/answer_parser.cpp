#include "net/answer_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "net/text.hpp"

namespace buildwatch::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t field_limit = 8 * 1024;
// "0\r\n\r\n" is the shortest end of a chunked body. Boost 1.81's parser asserts that a chunk header that is not
// complete has as many bytes, so it is not shown fewer.
constexpr std::size_t shortest_chunk_end = 5;

/// Keeps what somebody reads of an answer, and lets the rest go by.
class sieve final : public http::basic_parser<false> {
 public:
  /// `head_bytes`: what interim answers before this one had.
  sieve(response& into, bool head_only, std::size_t head_bytes) : into_(into), head_bytes_(head_bytes) {
    header_limit(head_limit);
    body_limit(net::body_limit);
    eager(true);
    skip(head_only);
  }

  /// A chunk's header is what comes next.
  [[nodiscard]] bool before_chunk_header() const { return is_header_done() && chunked() && chunk_left_ == 0; }
  [[nodiscard]] bool odd_encoding() const { return odd_encoding_; }
  [[nodiscard]] std::size_t head_bytes() const { return head_bytes_; }

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view reason, int, error_code& ec) override {
    into_.status = static_cast<unsigned>(code);
    count(reason.size() + std::string_view("HTTP/1.1 200 \r\n").size(), ec);
  }

  void on_field_impl(http::field name, string_view name_string, string_view value, error_code& ec) override {
    count(name_string.size() + value.size() + std::string_view(": \r\n").size(), ec);
    if (ec || is_header_done()) return;  // a trailer is no header
    switch (name) {
      case http::field::retry_after: keep(into_.retry_after, value, field_limit); break;
      case http::field::date: keep(into_.date, value, field_limit); break;
      case http::field::transfer_encoding:
        if (!boost::beast::iequals(value, "chunked")) {
          odd_encoding_ = true;
          ec = http::error::bad_transfer_encoding;
        }
        break;
      case http::field::unknown:
        if (boost::beast::iequals(name_string, "X-Subject-Token")) keep(into_.subject_token, value, head_limit);
        break;
      default: break;
    }
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override {
    if (length) into_.body.reserve(static_cast<std::size_t>(*length));  // within body_limit, or we would not be here
  }
  std::size_t on_body_impl(string_view body, error_code&) override {
    into_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override { chunk_left_ = size; }
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code&) override {
    into_.body.append(body.data(), body.size());
    chunk_left_ = remain - body.size();
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  /// Beast holds each piece it is shown to header_limit; this holds their sum.
  void count(std::size_t bytes, error_code& ec) {
    head_bytes_ += bytes;
    if (head_bytes_ > head_limit) ec = http::error::header_limit;
  }
  static void keep(std::string& field, string_view value, std::size_t limit) {
    if (field.empty() && value.size() <= limit) field.assign(value.data(), value.size());
  }

  response& into_;
  std::size_t head_bytes_;
  std::uint64_t chunk_left_ = 0;
  bool odd_encoding_ = false;
};

}  // namespace

struct answer_parser::state {
  std::optional<sieve> parser;  // Beast's is good for one message
  response* into = nullptr;
  bool head_only = false;
  bool started = false;
  error_code fault;

  verdict judge(error_code ec) {
    fault = ec;
    bool const large = ec == http::error::header_limit || ec == http::error::body_limit;
    return large ? verdict::too_large : verdict::bad;
  }
  verdict fail(http::error code) { return judge(make_error_code(code)); }
  verdict put(std::string_view bytes, std::size_t& used);
};

answer_parser::answer_parser() : state_(std::make_unique<state>()) {}
answer_parser::~answer_parser() = default;

void answer_parser::begin(response& into, bool head_only) {
  state_->parser.emplace(into, head_only, 0);
  state_->into = &into;
  state_->head_only = head_only;
  state_->started = false;
  state_->fault = {};
}

/// One round: up to the end of a message, or of the bytes.
verdict answer_parser::state::put(std::string_view bytes, std::size_t& used) {
  if (parser->before_chunk_header() && bytes.size() < shortest_chunk_end) return verdict::more;
  error_code ec;
  used += parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec == http::error::need_more || (!ec && !parser->is_done())) return verdict::more;
  if (ec) return judge(ec);
  return verdict::complete;
}

verdict answer_parser::feed(std::string_view bytes, std::size_t& used) {
  std::size_t const before = used;
  for (;;) {
    std::string_view const rest = bytes.substr(used - before);
    if (rest.empty()) return verdict::more;
    state_->started = true;
    verdict const seen = state_->put(rest, used);
    if (seen != verdict::complete) return seen;
    if (state_->into->status / 100 != 1) return verdict::complete;
    if (state_->into->status == 101) return state_->fail(http::error::bad_status);
    // An interim answer (RFC 9110, 15.2): the real one follows.
    std::size_t const head_bytes = state_->parser->head_bytes();
    state_->into->clear();
    state_->parser.emplace(*state_->into, state_->head_only, head_bytes);
  }
}

verdict answer_parser::end() {
  if (!state_->started || !state_->parser->got_some() || !state_->parser->is_header_done()) return verdict::cut;
  error_code ec;
  state_->parser->put_eof(ec);
  if (ec == http::error::partial_message) return verdict::cut;
  return ec ? state_->judge(ec) : verdict::complete;
}

bool answer_parser::started() const { return state_->started; }

bool answer_parser::keep_alive() const {
  return state_->parser && state_->parser->is_done() && state_->parser->keep_alive();
}

std::string answer_parser::fault() const {
  error_code const& ec = state_->fault;
  if (ec == http::error::header_limit) return "head over 64 KiB";
  if (ec == http::error::body_limit) return "body over 1 MiB";
  if (ec == http::error::bad_status && state_->into->status == 101)
    return "101 Switching Protocols, which nobody asked for";
  if (state_->parser->odd_encoding()) return "a transfer encoding other than chunked";
  return ec ? ec.message() : "a chunk's header or trailers over 64 KiB";
}

}  // namespace buildwatch::net

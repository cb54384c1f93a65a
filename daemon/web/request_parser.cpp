// The one unit of this room that sees Beast.
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "web/request.hpp"

namespace buildwatch::web {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// Keeps what somebody looks at, and lets the rest go by.
class sieve final : public http::basic_parser<true> {
 public:
  explicit sieve(request& into) : into_(into) {
    header_limit(static_cast<std::uint32_t>(head_limit));
    body_limit(boost::none);  // by whoever reads it
  }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) override {
    into_.http_1_1 = version == 11;
    into_.method.assign(method.data(), method.size());
    into_.target.assign(target.data(), target.size());
  }
  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(http::field name, string_view name_string, string_view value, error_code& ec) override {
    switch (name) {
      case http::field::host:
        ++into_.hosts;
        into_.host.assign(value.data(), value.size());
        break;
      case http::field::authorization: into_.authorization.assign(value.data(), value.size()); break;
      case http::field::if_none_match: join(into_.if_none_match, value); break;
      case http::field::expect: into_.expects = true; break;
      case http::field::transfer_encoding:
        if (!boost::beast::iequals(value, "chunked")) ec = http::error::bad_transfer_encoding;
        break;
      case http::field::unknown: on_other(name_string, value); break;
      default: break;
    }
  }
  void on_other(string_view name, string_view value) {
    if (boost::beast::iequals(name, "Last-Event-ID")) {
      into_.has_last_event_id = true;
      into_.last_event_id.assign(value.data(), value.size());
    } else if (boost::beast::iequals(name, "X-Forwarded-Proto")) {
      // Of several proxies the first was asked by the client itself.
      into_.https_outside = boost::beast::iequals(value.substr(0, value.find(',')), "https");
    }
  }
  static void join(std::string& list, string_view value) {
    if (!list.empty()) list += ", ";
    list.append(value.data(), value.size());
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  request& into_;
};

}  // namespace

bool read_head(std::string_view head, request& into, std::string& fault) {
  sieve parser(into);
  error_code ec;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (!ec && !parser.is_header_done()) ec = make_error_code(http::error::partial_message);
  if (ec) {
    fault = ec.message();
    return false;
  }
  into.keep_alive = parser.keep_alive();
  into.chunked = parser.chunked();
  into.body_bytes = parser.content_length().value_or(0);
  return true;
}

}  // namespace buildwatch::web

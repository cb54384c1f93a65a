#include "web/answer.hpp"

#include <fmt/format.h>

#include "web/json_text.hpp"

namespace buildwatch::web {
namespace {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

// Nothing from elsewhere, nothing inline, no frame around us. Answers are ours alone, but for badges.
constexpr std::string_view safety =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n";

}  // namespace

answer error_answer(unsigned status, std::string_view code, std::string_view message) {
  answer made;
  made.status = status;
  made.body = fmt::format(R"({{"error": {{"code": {}, "message": {}}}}})", json_string(code), json_string(message));
  return made;
}

std::string head_of(answer const& what, head_facts const& facts) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", what.status, reason_of(what.status), facts.date);
  if (what.status != 304) head += fmt::format("Content-Type: {}\r\n", what.type);
  if (!facts.etag.empty()) head += fmt::format("ETag: {}\r\n", facts.etag);
  // With no-cache a browser asks each time, and is told 304, which must say the same (RFC 9110, 15.4.5).
  head += !facts.etag.empty() ? "Cache-Control: no-cache\r\n" : "Cache-Control: no-store\r\n";
  head += facts.embeddable ? "Cross-Origin-Resource-Policy: cross-origin\r\n"
                           : "Cross-Origin-Resource-Policy: same-origin\r\n";
  head += safety;
  head += what.headers;
  if (what.status != 304 && facts.whole) head += fmt::format("Content-Length: {}\r\n", facts.length);
  if (!facts.whole && facts.http_1_1) head += "Transfer-Encoding: chunked\r\n";
  if (!facts.keep_alive) {
    head += "Connection: close\r\n";
  } else if (!facts.http_1_1) {
    head += "Connection: keep-alive\r\n";
  }
  return head += "\r\n";
}

}  // namespace buildwatch::web

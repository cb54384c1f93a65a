#include "sinks/answers.hpp"

#include <string>

#include "buildwatch/notify/format.hpp"

namespace buildwatch::sinks {
namespace {

using notify::verdict;

// RFC 9110, section 15, as far as receivers of webhooks answer so; 429: RFC 6585.
std::string_view phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return {};
  }
}

verdict verdict_of(unsigned status) {
  if (status >= 200 && status < 300) return verdict::delivered;
  switch (status) {
    case 410: return verdict::gone;
    case 429:
    case 502:
    case 503:
    case 504: return verdict::retry_paused;
    default: return verdict::retry;
  }
}

}  // namespace

notify::attempt judge(net::response const& answer, base::wall_time now) {
  notify::attempt result;
  result.verdict = verdict_of(answer.status);
  result.answer = std::to_string(answer.status);
  if (auto const words = phrase(answer.status); !words.empty()) result.answer.append(" ").append(words);
  if (answer.status >= 300 && answer.status < 400) result.answer += " (redirects are not followed)";
  if (result.verdict != verdict::delivered) result.retry_after = net::parse_retry_after(answer.retry_after, now);
  return result;
}

notify::attempt judge(net::failure const& failure) {
  notify::attempt result;
  switch (failure.code) {
    case net::errc::no_connection:
    case net::errc::timed_out: result.verdict = verdict::retry_paused; break;
    case net::errc::broken:
    case net::errc::too_large: result.verdict = verdict::retry; break;
    case net::errc::stopped: result.verdict = verdict::stopped; break;
  }
  result.answer = notify::clean_line(failure.text, 300);
  return result;
}

}  // namespace buildwatch::sinks

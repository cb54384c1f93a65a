#include "web/admission.hpp"

#include <algorithm>
#include <charconv>

#include "web/guard.hpp"

namespace buildwatch::web {
namespace {

constexpr std::size_t usual_limit = 100;
constexpr std::size_t highest_limit = 1000;

answer with(answer made, std::string headers) {
  made.headers = std::move(headers);
  return made;
}

}  // namespace

std::optional<answer> refused(request const& head, target const& to, route const& where,
                              boost::asio::ip::address const& local, options const& rules) {
  if (head.hosts != 1) return error_answer(400, "bad_request", "exactly one Host header is needed");
  std::string_view const host = to.authority.empty() ? std::string_view(head.host) : to.authority;
  if (!host_allowed(host, local, rules.hosts)) {
    return error_answer(421, "host_not_allowed", "this Host is not served here; see http.hosts");
  }
  if (!open_to_all(where.where) && !token_given(head.authorization, rules.token)) {
    return with(error_answer(401, "unauthorized", "a token is needed, as Bearer or as the password of Basic"),
                "WWW-Authenticate: Basic realm=\"buildwatchd\", charset=\"UTF-8\"\r\n");
  }
  if (where.where == place::nowhere) return error_answer(404, "not_found", "there is nothing at this path");
  if (head.method != "GET" && head.method != "HEAD") {
    return with(error_answer(405, "method_not_allowed", "this can only be read: GET or HEAD"), "Allow: GET, HEAD\r\n");
  }
  return std::nullopt;
}

std::optional<std::size_t> limit_of(target const& to) {
  auto const given = to.parameter("limit");
  if (!given) return usual_limit;
  std::size_t limit = 0;
  auto const [end, fault] = std::from_chars(given->data(), given->data() + given->size(), limit);
  if (end != given->data() + given->size() || given->empty()) return std::nullopt;
  if (fault == std::errc::result_out_of_range) return highest_limit;
  if (fault != std::errc() || limit == 0) return std::nullopt;
  return std::min(limit, highest_limit);
}

}  // namespace buildwatch::web

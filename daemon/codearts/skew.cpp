#include "codearts/skew.hpp"

#include "buildwatch/model/event.hpp"
#include "buildwatch/net/client.hpp"

namespace buildwatch::codearts {

std::optional<std::string> clock_skew(std::string_view date, base::wall_time now) {
  auto const server = net::parse_http_date(date);
  if (!server) return std::nullopt;
  auto const ahead = *server - now;
  auto const off = std::chrono::abs(ahead);
  if (off <= std::chrono::minutes(5)) return std::nullopt;
  return "clock skew: the server's clock is " + model::for_people(std::chrono::round<std::chrono::minutes>(off)) +
         (ahead.count() > 0 ? " ahead of ours" : " behind ours") + "; check NTP";
}

}  // namespace buildwatch::codearts

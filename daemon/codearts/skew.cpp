#include "codearts/skew.hpp"

#include "buildwatch/model/event.hpp"
#include "buildwatch/net/client.hpp"
#include "codearts/timestamp.hpp"

namespace buildwatch::codearts {

std::optional<std::string> clock_skew(std::string_view date, base::wall_time now) {
  auto const server = net::parse_http_date(date);
  if (!server) return std::nullopt;
  base::duration const ahead = time_between(now, *server);
  auto const off = std::chrono::abs(ahead);
  if (off <= std::chrono::minutes(5)) return std::nullopt;
  return "clock skew: the server's clock is " + model::for_people(std::chrono::round<std::chrono::minutes>(off)) +
         (ahead.count() > 0 ? " ahead of ours" : " behind ours") + "; check NTP";
}

}  // namespace buildwatch::codearts

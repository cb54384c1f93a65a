// Key `http`: the HTTP API.
#include <algorithm>

#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::uint32_t most_connections = 10'000;
constexpr std::uint32_t most_job_series = 100'000;

std::optional<web::listen_address> read_listen(cursor const& c) {
  auto const text = read_text(c, "an address and a port such as 127.0.0.1:9847");
  if (!text) return std::nullopt;
  auto address = web::read_listen_address(*text);
  if (address) return std::move(*address);
  c.error(address.error().text);
  return std::nullopt;
}

base::secret read_token(cursor const& given) {
  constexpr std::size_t longest = 1024;  // as Basic's password it must fit into a head of 8 KiB, beside cookies
  constexpr std::size_t short_of = 16;
  cursor c = given.hidden();
  c.wanted = c.in.world.http_token;
  auto text = read_text(c, "a token", longest);
  if (!text) return {};
  if (auto const why = unfit_for_header(*text)) {
    c.error(*why);
  } else if (text->size() < short_of) {
    c.warning("is shorter than " + std::to_string(short_of) + " characters, which can be guessed");
  }
  return base::secret(std::move(*text));
}

/// RFC 9110 section 7.2 without the port, as far as names and IPv4 addresses go.
bool is_host(std::string_view text) {
  auto const fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  };
  bool const dots = text.starts_with('.') || text.ends_with('.') || text.find("..") != std::string_view::npos;
  return !text.empty() && text.size() <= 253 && !dots && std::ranges::all_of(text, fits);
}

std::vector<std::string> read_hosts(cursor const& c) {
  constexpr std::string_view expected = "a host name such as builds.example.com";
  constexpr std::size_t most = 100;
  std::vector<std::string> hosts;
  if (!is_list(c, "a list of host names such as [builds.example.com]")) return hosts;
  if (c.at.items.size() > most) c.error("at most " + std::to_string(most) + " host names");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    auto s = read_scalar(item, expected);
    if (!s) continue;
    if (auto address = web::read_ipv6_host(s->text)) {
      hosts.push_back(std::move(*address));
    } else if (is_host(s->text)) {
      hosts.push_back(std::move(s->text));
    } else {
      unexpected(item, *s, std::string(expected) + ", without scheme, port, path and wildcard");
    }
  }
  return hosts;
}

/// What others than this machine can reach.
void check_reach(fields const& f, web::listen_address const& listen) {
  auto const at = f.find("listen");
  if (!at || listen.loopback()) return;
  if (!f.find("token")) {
    at->error("an address other than loopback needs `token`; or listen on 127.0.0.1, behind a reverse proxy");
  } else {
    at->warning(
        "plain HTTP beyond this machine: neither the token nor the answers are encrypted; better listen on 127.0.0.1, "
        "behind a reverse proxy with TLS");
  }
}

}  // namespace

void read_http(cursor const& c, draft& into) {
  web::options o;
  fields const f(c, http_keys());
  f.check();
  if (auto const listen = f.find("listen")) {
    if (auto const address = read_listen(*listen)) o.listen = *address;
  }
  if (auto const token = f.find("token")) o.token = read_token(*token);
  if (auto const hosts = f.find("hosts")) o.hosts = read_hosts(*hosts);
  if (auto const n = f.find("connections")) {
    o.connections = read_number(*n, 1, most_connections).value_or(static_cast<std::uint32_t>(o.connections));
  }
  if (auto const n = f.find("job_series")) {
    o.job_series = read_number(*n, 0, most_job_series).value_or(static_cast<std::uint32_t>(o.job_series));
  }
  check_reach(f, o.listen);
  into.http = std::move(o);
}

}  // namespace buildwatch::config

#include "config/address.hpp"

#include "buildwatch/net/url.hpp"
#include "config/decode.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t longest_address = 8192;

std::optional<net::url> parsed(cursor const& c, std::string const& text, bool allow_userinfo) {
  auto address = net::parse_url(text, allow_userinfo);
  if (address) return std::move(*address);
  c.error(address.error().text);
  return std::nullopt;
}

/// The first of two spellings of a variable that is set and not empty.
std::string either(environment const& world, std::string const& upper, std::string const& lower) {
  auto value = world.variable(upper);
  if (!value || value->empty()) value = world.variable(lower);
  return value.value_or("");
}

std::optional<net::url> proxy_of_environment(cursor const& map, net::url const& target) {
  environment const& world = map.in.world;
  auto proxy = net::proxy_from_environment(target, either(world, "HTTPS_PROXY", "https_proxy"),
                                           either(world, "NO_PROXY", "no_proxy"));
  if (proxy) return *proxy;
  map.in.out.error(map.in.file, map.at.at, path(map.where, "proxy").text(),
                   proxy.error().text + " (from the environment; `proxy: none` turns it off)");
  return std::nullopt;
}

}  // namespace

std::optional<net::url> read_address(cursor const& c) {
  auto const text = read_text(c.hidden(), "an address such as https://host/path", longest_address);
  return text ? parsed(c, *text, false) : std::nullopt;
}

std::optional<net::url> read_endpoint(cursor const& c) {
  auto address = read_address(c);
  if (!address) return std::nullopt;
  if (address->target.reveal().find('?') != std::string_view::npos) c.error("must have no query (`?…`)");
  if (address->tls) return address;
  if (net::is_loopback(address->host)) {
    c.warning("plain http://: nothing is encrypted");
  } else {
    c.error("plain http:// is accepted for loopback addresses only; use https://");
  }
  return address;
}

std::optional<net::url> read_proxy(fields const& f, net::url const& target) {
  auto const given = f.find("proxy");
  if (!given) return target.host.empty() ? std::nullopt : proxy_of_environment(f.whole(), target);
  auto const text = read_text(given->hidden(), "`none` or an address such as http://proxy:3128", longest_address);
  if (!text || *text == "none") return std::nullopt;
  auto proxy = parsed(*given, *text, true);
  if (!proxy) return std::nullopt;
  if (proxy->tls)
    given->error("a proxy's address begins with http:// (HTTP CONNECT); what goes through it is encrypted");
  if (proxy->target.reveal() != "/") given->error("a proxy's address has no path");
  return proxy;
}

}  // namespace buildwatch::config

// Which proxy the environment names, and for which hosts it does not hold.
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "buildwatch/net/url.hpp"
#include "net/text.hpp"

namespace buildwatch::net {

namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

std::optional<ip::address> read_address(std::string_view text) {
  error_code fault;
  auto const address = ip::make_address(text, fault);
  if (fault) return std::nullopt;
  return address;
}

/// The address lies in "10.0.0.0/8", "fd00::/8".
bool in_block(ip::address const& address, std::string_view block) {
  error_code fault;
  if (address.is_v4()) {
    auto const network = ip::make_network_v4(std::string(block), fault).canonical();
    return !fault && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() == network;
  }
  auto const network = ip::make_network_v6(std::string(block), fault).canonical();
  return !fault && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network;
}

/// Splits "host:port", "[v6]:port"; leaves a bare IPv6 address alone. False: it has a port that is not `port`.
bool drop_port(std::string_view& entry, std::uint16_t port) {
  auto const colon = entry.rfind(':');
  bool const bracket = entry.starts_with('[');
  bool const has_port =
      colon != std::string_view::npos && (bracket ? entry[colon - 1] == ']' : entry.find(':') == colon);
  if (has_port) {
    if (parse_number(entry.substr(colon + 1)) != port) return false;
    entry = entry.substr(0, colon);
  }
  if (bracket && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  return true;
}

bool exempts(std::string_view entry, url const& target) {
  if (entry == "*") return true;
  auto const address = read_address(target.host);
  if (address && entry.find('/') != std::string_view::npos) return in_block(*address, entry);
  if (!drop_port(entry, target.port)) return false;
  if (address) return read_address(entry) == address;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  std::string const name = lower(entry);
  if (target.host == name) return true;
  return target.host.size() > name.size() && target.host.ends_with(name) &&
         target.host[target.host.size() - name.size() - 1] == '.';
}

bool exempt(std::string_view list, url const& target) {
  while (!list.empty()) {
    auto const end = list.find_first_of(", \t");
    auto const entry = list.substr(0, end);
    if (!entry.empty() && exempts(entry, target)) return true;
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

base::result<std::optional<url>> proxy_from_environment(url const& target, std::string_view https_proxy,
                                                        std::string_view no_proxy) {
  std::string_view const value = trimmed(https_proxy);
  if (value.empty() || !target.tls) return std::optional<url>();
  // "proxy:3128" without a scheme is what many people write, and curl reads it as http.
  bool const bare = value.find("://") == std::string_view::npos;
  auto proxy = parse_url(bare ? "http://" + std::string(value) : std::string(value), true);
  if (!proxy) return base::error{"HTTPS_PROXY " + proxy.error().text};
  if (exempt(no_proxy, target)) return std::optional<url>();
  return std::optional<url>(std::move(*proxy));
}

}  // namespace buildwatch::net

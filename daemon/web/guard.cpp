#include "web/guard.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "buildwatch/model/outcome.hpp"

namespace buildwatch::web {
namespace {

using boost::asio::ip::address;

address plain(address const& a) {
  if (a.is_v6() && a.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, a.to_v6());
  }
  return a;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Without port, brackets and the root's dot. nullopt: no host.
std::optional<std::string_view> name_of(std::string_view host) {
  if (host.starts_with('[')) {
    auto const end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view const rest = host.substr(end + 1);
    if (!rest.empty() && (!rest.starts_with(':') || !is_port(rest.substr(1)))) return std::nullopt;
    return host.substr(1, end - 1);
  }
  auto const colon = host.find(':');
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return std::nullopt;
  host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::optional<std::uint32_t> base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62U;
  if (c == '/') return 63U;
  return std::nullopt;
}

/// RFC 4648, with or without its padding.
std::optional<std::string> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (char const c : text) {
    auto const value = base64_value(c);
    if (!value) return std::nullopt;
    held = (held << 6U) | *value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> bits) & 0xFFU);
  }
  return bytes;
}

/// Looks at every byte of what was given, whatever it finds.
bool same(std::string_view given, std::string_view token) {
  unsigned differences = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    differences |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  }
  return differences == 0;
}

}  // namespace

bool host_allowed(std::string_view host, address const& local, std::vector<std::string> const& hosts) {
  auto const name = name_of(host);
  if (!name || name->empty()) return false;
  boost::system::error_code no_address;
  address const literal = boost::asio::ip::make_address(*name, no_address);
  if (!no_address) {
    if (literal.is_loopback() || plain(literal) == plain(local)) return true;
  } else if (model::equal_ignoring_case(*name, "localhost")) {
    return true;
  }
  // Of an IPv6 address there are many spellings, and one among `hosts`.
  std::string const wanted = no_address ? std::string(*name) : plain(literal).to_string();
  return std::ranges::any_of(hosts, [&](std::string const& one) { return model::equal_ignoring_case(one, wanted); });
}

bool token_given(std::string_view authorization, base::secret const& token) {
  if (token.empty()) return true;
  auto const space = authorization.find(' ');
  if (space == std::string_view::npos) return false;
  std::string_view const scheme = authorization.substr(0, space);
  std::string_view given = authorization.substr(space);
  given.remove_prefix(std::min(given.size(), given.find_first_not_of(' ')));
  if (model::equal_ignoring_case(scheme, "bearer")) return same(given, token.reveal());
  if (!model::equal_ignoring_case(scheme, "basic")) return false;
  auto const pair = from_base64(given);
  if (!pair) return false;
  auto const colon = pair->find(':');
  return colon != std::string::npos && same(std::string_view(*pair).substr(colon + 1), token.reveal());
}

}  // namespace buildwatch::web

// Reading http and https addresses with Boost.URL's parser.
#include "buildwatch/net/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <limits>

#include "net/text.hpp"

namespace buildwatch::net {

namespace {

namespace urls = boost::urls;

base::error wrong(char const* what) { return base::error{what}; }

/// Letters, digits, dot, hyphen and underscore (met in container names), as what ends up in Host, SNI and error texts.
bool plain_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.') return false;
  for (std::size_t i = 0; i < host.size(); ++i) {
    char const c = host[i];
    bool const usual = is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
    if (!usual || (c == '.' && i > 0 && host[i - 1] == '.')) return false;
  }
  return true;
}

/// Fills in `host`; what is wrong with it, or nullptr.
char const* read_host(urls::url_view const& seen, std::string& host) {
  switch (seen.host_type()) {
    case urls::host_type::ipv4: host = seen.host_ipv4_address().to_string(); return nullptr;
    case urls::host_type::ipv6: host = seen.host_ipv6_address().to_string(); return nullptr;
    case urls::host_type::name: break;
    default: return "has no host";
  }
  auto const encoded = seen.encoded_host();
  host = lower(std::string_view(encoded.data(), encoded.size()));
  if (host.empty()) return "has no host";
  if (plain_name(host)) return nullptr;
  return "has a host name with characters other than letters, digits, '.', '-' and '_' (an international name is "
         "written in its xn-- form)";
}

base::result<std::uint16_t> read_port(urls::url_view const& seen, bool tls) {
  auto const digits = seen.port();
  if (digits.empty()) return static_cast<std::uint16_t>(tls ? 443 : 80);
  auto const port = parse_number(std::string_view(digits.data(), digits.size()));
  if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max())
    return wrong("has a port outside 1 to 65535");
  return static_cast<std::uint16_t>(*port);
}

base::error no_authority(std::string_view scheme) {
  if (scheme == "http" || scheme == "https") return wrong("has no host: it should look like https://host/path");
  return wrong("must start with https:// or http://");
}

}  // namespace

base::result<url> parse_url(std::string_view text, bool allow_userinfo) {
  // Boost 1.81 trips over its own assertion at "https:" and a character that no path may have, so that what has no
  // authority is not shown to it (RFC 3986, 3: one begins with "//").
  auto const colon = text.find(':');
  if (colon != std::string_view::npos && !text.substr(colon + 1).starts_with("//"))
    return no_authority(lower(text.substr(0, colon)));
  auto const parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
  if (!parsed) return wrong("is no valid address: it should look like https://host/path");
  urls::url_view const seen = *parsed;
  auto const scheme = seen.scheme_id();
  if (scheme != urls::scheme::http && scheme != urls::scheme::https)
    return wrong("must start with https:// or http://");
  if (seen.has_userinfo() && !allow_userinfo) return wrong("must not hold a user name or password");
  if (seen.has_fragment()) return wrong("must not have a fragment (the part from '#' on)");

  // Boost 1.81 takes the rest of a bad port ("host:44x") for a path; after a host, one starts with '/' (RFC 3986, 3.3).
  auto const path = seen.encoded_path();
  if (!path.empty() && path.front() != '/') return wrong("has a port that is no number");

  url read;
  read.tls = scheme == urls::scheme::https;
  if (char const* const fault = read_host(seen, read.host)) return wrong(fault);
  auto const port = read_port(seen, read.tls);
  if (!port) return port.error();
  read.port = *port;
  auto const target = seen.encoded_target();
  read.target = base::secret((path.empty() ? "/" : "") + std::string(target.data(), target.size()));
  if (seen.has_userinfo()) read.userinfo = base::secret(seen.userinfo());
  return read;
}

std::string url::shown() const { return (tls ? "https://" : "http://") + host_header(); }

std::string url::host_header() const {
  bool const usual = port == (tls ? 443 : 80);
  return usual ? bracketed(host) : host_and_port(host, port);
}

bool is_loopback(std::string_view host) {
  boost::system::error_code no_address;
  auto const address = boost::asio::ip::make_address(host, no_address);
  return no_address ? lower(host) == "localhost" : address.is_loopback();
}

}  // namespace buildwatch::net

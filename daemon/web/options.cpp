#include "buildwatch/web/options.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace buildwatch::web {
namespace {

constexpr std::string_view form = "an address and a port, such as 127.0.0.1:9847 or [::1]:9847";

}  // namespace

bool listen_address::loopback() const {
  boost::system::error_code fault;
  auto const address = boost::asio::ip::make_address(host, fault);
  return !fault && address.is_loopback();
}

std::string shown(listen_address const& at) {
  bool const v6 = at.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", at.host, at.port) : fmt::format("{}:{}", at.host, at.port);
}

std::optional<std::string> read_ipv6_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  boost::system::error_code fault;
  auto const address = boost::asio::ip::make_address_v6(text, fault);
  if (fault || text.find('%') != std::string_view::npos) return std::nullopt;  // a zone is known on one machine only
  return address.to_string();
}

base::result<listen_address> read_listen_address(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return base::error{"must be " + std::string(form)};
  std::string_view host = text.substr(0, colon);
  std::string_view const digits = text.substr(colon + 1);
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  listen_address read;
  auto const [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), read.port);
  if (fault != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return base::error{"the port must be a number from 0 to 65535: " + std::string(form)};
  }
  read.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  boost::system::error_code no_address;
  auto const address = boost::asio::ip::make_address(read.host, no_address);
  if (no_address || address.is_v6() != bracketed) return base::error{"must be " + std::string(form)};
  return read;
}

}  // namespace buildwatch::web

// The look-up that the system offers.
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "buildwatch/net/resolver.hpp"

namespace buildwatch::net {

namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> read(addrinfo const& entry) {
  if (entry.ai_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, entry.ai_addr, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (entry.ai_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, entry.ai_addr, sizeof v6);
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ip::address_v6(bytes, v6.sin6_scope_id);
  }
  return std::nullopt;
}

base::result<resolver::addresses> look_up(std::string const& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  int const code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  int const reason = errno;
  if (code == EAI_SYSTEM) return base::error{std::generic_category().message(reason)};
  if (code != 0) return base::error{::gai_strerror(code)};
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned(list, &::freeaddrinfo);
  resolver::addresses found;
  for (addrinfo const* entry = list; entry != nullptr; entry = entry->ai_next) {
    auto const address = read(*entry);
    if (address && std::find(found.begin(), found.end(), *address) == found.end()) found.push_back(*address);
  }
  return found;
}

}  // namespace

resolver::lookup system_lookup() { return look_up; }

}  // namespace buildwatch::net

#include "net/dial.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "net/text.hpp"

namespace buildwatch::net {

namespace asio = boost::asio;
using outcome = std::optional<failure>;

namespace {

constexpr std::size_t most_addresses = 16;

outcome no_connection(std::string text) { return failure{errc::no_connection, std::move(text)}; }
outcome stopped() { return failure{errc::stopped, "stopped"}; }

std::string no_answer_within(base::duration length) { return "no answer within " + words(length); }

/// Collects what became of each address: "Connection refused (::1, 127.0.0.1)", or without addresses where only one was
/// meant.
class attempts {
 public:
  void add(asio::ip::address const& to, std::string reason) {
    auto const same =
        std::find_if(kinds_.begin(), kinds_.end(), [&](auto const& kind) { return kind.first == reason; });
    if (same == kinds_.end()) {
      kinds_.emplace_back(std::move(reason), to.to_string());
    } else {
      same->second += ", " + to.to_string();
    }
  }
  [[nodiscard]] std::string text(std::string const& host) const {
    std::string all;
    for (auto const& [reason, addresses] : kinds_) {
      if (!all.empty()) all += "; ";
      all += reason;
      if (addresses != host) all += " (" + addresses + ")";
    }
    return all;
  }

 private:
  std::vector<std::pair<std::string, std::string>> kinds_;
};

/// Tries the addresses in turn. Each gets its share of the time that is left, so that one that answers nothing leaves
/// some to the next.
asio::awaitable<outcome> connect(dialling& by, connection& fresh, url const& to, resolver::addresses addresses,
                                 base::time_point deadline) {
  attempts failed;
  std::size_t left = addresses.size();
  for (asio::ip::address const& address : addresses) {
    base::time_point const now = by.shared.clock.now().mono;
    base::duration const share =
        std::max((deadline - now) / static_cast<base::duration::rep>(left--), base::duration::zero());
    fresh.arm(now + share);
    io how = fresh.wire().start_connect({address, to.port});
    if (how == io::want_write) {
      co_await fresh.wait(step::wait_write);
      if (fresh.ended() == ending::none) how = fresh.wire().finish_connect();
    }
    if (fresh.ended() == ending::stopped) co_return stopped();
    if (how == io::ready) {
      by.route.favourite = address;
      ++by.counted.connects;
      co_return outcome();
    }
    failed.add(address, fresh.ended() == ending::deadline ? no_answer_within(share) : fresh.wire().fault());
  }
  co_return no_connection("connect to " + host_and_port(to.host, to.port) + ": " + failed.text(to.host));
}

asio::awaitable<outcome> pass_proxy(dialling& by, connection& fresh, base::duration allowed) {
  std::string const proxy = by.route.proxy->shown();
  response answer;
  step next = fresh.start(by.route.connect_request, answer, true);
  while (next == step::wait_read || next == step::wait_write) {
    co_await fresh.wait(next);
    next = fresh.ended() == ending::none ? fresh.go_on(by.scratch) : step::failed;
  }
  if (fresh.ended() == ending::stopped) co_return stopped();
  if (fresh.ended() == ending::deadline) co_return no_connection("proxy " + proxy + ": " + no_answer_within(allowed));
  if (next == step::failed) co_return no_connection("proxy: " + fresh.why(proxy).text);
  if (answer.status / 100 != 2) {
    char const* const hint =
        answer.status == 407 ? " (it wants a user name and password, which go into its address)" : "";
    co_return no_connection(
        fmt::format("proxy {} answered {} to CONNECT {}{}", proxy, answer.status, by.route.peer, hint));
  }
  if (fresh.has_rest()) co_return no_connection("proxy " + proxy + " sent bytes of its own into the tunnel");
  co_return outcome();
}

/// Why a handshake failed, with a hint for the commonest mistake.
std::string handshake_fault(io how, wire const& over) {
  if (how != io::failed) return "the connection was closed during the handshake";
  std::string const& fault = over.fault();
  return fault == "wrong version number" ? "the other side does not speak TLS (wrong version number)" : fault;
}

asio::awaitable<outcome> shake_hands(dialling& by, connection& fresh, base::duration allowed) {
  std::string const what = "TLS with " + by.route.peer + ": ";
  if (!fresh.wire().start_tls(*by.route.tls)) co_return no_connection(what + "it can not be set up");
  io how = fresh.wire().handshake();
  while (how == io::want_read || how == io::want_write) {
    co_await fresh.wait(how == io::want_read ? step::wait_read : step::wait_write);
    if (fresh.ended() == ending::stopped) co_return stopped();
    if (fresh.ended() == ending::deadline) co_return no_connection(what + no_answer_within(allowed));
    how = fresh.wire().handshake();
  }
  if (how != io::ready) co_return no_connection(what + handshake_fault(how, fresh.wire()));
  ++(fresh.wire().resumed() ? by.counted.handshakes_resumed : by.counted.handshakes_full);
  co_return outcome();
}

}  // namespace

resolver::addresses trial_order(resolver::addresses found, asio::ip::address const& favourite) {
  auto const first = std::find(found.begin(), found.end(), favourite);
  if (first != found.end()) std::rotate(found.begin(), first, first + 1);
  for (std::size_t at = 1; at < found.size(); ++at) {
    bool const last_was_v4 = found[at - 1].is_v4();
    auto const here = found.begin() + static_cast<std::ptrdiff_t>(at);
    auto const other =
        std::find_if(here, found.end(), [&](auto const& address) { return address.is_v4() != last_was_v4; });
    if (other != found.end()) std::rotate(here, other, other + 1);
  }
  if (found.size() > most_addresses) found.resize(most_addresses);
  return found;
}

std::string connect_request(url const& origin, url const& proxy) {
  std::string const target = host_and_port(origin.host, origin.port);
  std::string head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!proxy.userinfo.empty()) {
    std::string_view const plain = proxy.userinfo.reveal();
    std::string coded((plain.size() + 2) / 3 * 4 + 1, '\0');
    int const size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                        reinterpret_cast<unsigned char const*>(plain.data()), static_cast<int>(plain.size()));
    coded.resize(static_cast<std::size_t>(size));
    head += "Proxy-Authorization: Basic " + coded + "\r\n";
  }
  return head + "\r\n";
}

asio::awaitable<outcome> dial(dialling& by, connection& fresh, base::time_point deadline) {
  base::duration const allowed = deadline - by.shared.clock.now().mono;
  url const& to = by.route.proxy ? *by.route.proxy : by.route.origin;
  auto found = co_await by.shared.names.resolve(to.host, deadline, by.owner);
  if (fresh.ended() == ending::stopped) co_return stopped();
  if (!found) co_return no_connection(found.error().text);
  resolver::addresses order = trial_order(std::move(*found), by.route.favourite);

  auto fault = co_await connect(by, fresh, to, std::move(order), deadline);
  fresh.arm(deadline);
  if (!fault && by.route.proxy) fault = co_await pass_proxy(by, fresh, allowed);
  if (!fault && by.route.tls) fault = co_await shake_hands(by, fresh, allowed);
  if (!fault) fresh.stands();
  co_return fault;
}

}  // namespace buildwatch::net

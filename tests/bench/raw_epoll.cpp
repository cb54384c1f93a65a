// The floor: epoll and OpenSSL, one request made beforehand, answers counted by their length. What no client can be
// cheaper than, at saturation and at a given pace.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "arguments.hpp"
#include "measurement.hpp"

namespace {

using namespace buildwatch;
using steady = std::chrono::steady_clock;

struct connection {
  SSL* tls = nullptr;
  std::size_t got = 0;  ///< bytes of the answer under way
};

/// Everything but the loop itself: the request, and how long an answer is.
struct exchange {
  std::string request;
  std::size_t answer_size = 0;
};

int connect_to(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) bench::die("can not connect");
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

SSL_CTX* make_context(std::string const& ca_file) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) bench::die("can not read the CA file");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context, 1);  // a record with one read() instead of two
  return context;
}

SSL* handshake(SSL_CTX* context, bench::arguments const& a) {
  SSL* const tls = SSL_new(context);
  int const fd = connect_to(a.port);
  SSL_set_fd(tls, fd);
  SSL_set1_host(tls, a.host.c_str());
  SSL_set_tlsext_host_name(tls, a.host.c_str());
  if (SSL_connect(tls) != 1) bench::die("TLS handshake failed");
  return tls;
}

void send_request(connection& c, exchange const& e) {
  c.got = 0;
  // A request is a hundred bytes and none is sent before the last was answered: the socket always takes it.
  if (SSL_write(c.tls, e.request.data(), static_cast<int>(e.request.size())) <= 0) bench::die("write failed");
}

/// All answers have the same size: learn it from one, head end + Content-Length, before the sockets turn non-blocking.
std::size_t learn_answer_size(connection& c, exchange const& e) {
  send_request(c, e);
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    int const n = SSL_read(c.tls, part.data(), part.size());
    if (n <= 0) bench::die("read failed");
    text.append(part.data(), static_cast<std::size_t>(n));
    std::size_t const end = text.find("\r\n\r\n");
    std::size_t const field = text.find("Content-Length: ");
    if (end == std::string::npos || field == std::string::npos) continue;
    std::size_t const size = end + 4 + std::strtoul(text.c_str() + field + 16, nullptr, 10);
    if (text.size() >= size) return size;
  }
}

/// True when the answer is complete.
bool read_some(connection& c, exchange const& e) {
  std::array<char, 4096> part;
  while (c.got < e.answer_size) {
    int const n = SSL_read(c.tls, part.data(), part.size());
    if (n <= 0) {
      if (SSL_get_error(c.tls, n) == SSL_ERROR_WANT_READ) return false;
      bench::die("connection lost");
    }
    if (c.got == 0 && !std::string_view(part.data(), static_cast<std::size_t>(n)).starts_with("HTTP/1.1 200")) {
      bench::die("an answer other than 200");
    }
    c.got += static_cast<std::size_t>(n);
  }
  return true;
}

std::vector<connection> open_all(SSL_CTX* context, bench::arguments const& a, exchange& e, int epoll) {
  std::vector<connection> all(a.connections);
  for (connection& c : all) {
    c.tls = handshake(context, a);
    if (e.answer_size == 0) e.answer_size = learn_answer_size(c, e);
    int const fd = SSL_get_fd(c.tls);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.ptr = &c;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest) != 0) bench::die("epoll_ctl failed");
    send_request(c, e);
  }
  return all;
}

/// Fetches as fast as it can, or `per_second` in ticks of 10 ms, as the daemon's loop does.
class fetcher {
 public:
  fetcher(int epoll, exchange const& e, unsigned per_second) : epoll_(epoll), e_(e), per_tick_(per_second / 100.0) {}

  /// Returns how often it was answered.
  std::uint64_t run(std::chrono::milliseconds time) {
    std::uint64_t polls = 0;
    auto const end = steady::now() + time;
    for (auto now = steady::now(); now < end; now = steady::now()) {
      if (paced() && now >= tick_) send_due(now);
      auto const wait = paced() ? std::chrono::ceil<std::chrono::milliseconds>(tick_ - now) : tick_length;
      int const n = ::epoll_wait(epoll_, ready_.data(), most_ready, static_cast<int>(wait.count()));
      for (int i = 0; i < n; ++i) {
        connection& c = *static_cast<connection*>(ready_[static_cast<std::size_t>(i)].data.ptr);
        if (!read_some(c, e_)) continue;
        ++polls;
        if (paced()) {
          idle_.push_back(&c);
        } else {
          send_request(c, e_);
        }
      }
    }
    return polls;
  }

 private:
  static constexpr int most_ready = 256;
  static constexpr std::chrono::milliseconds tick_length{10};

  [[nodiscard]] bool paced() const { return per_tick_ > 0; }
  void send_due(steady::time_point now) {
    tick_ = std::max(tick_ + tick_length, now);
    for (owed_ += per_tick_; owed_ >= 1 && !idle_.empty(); --owed_) {
      send_request(*idle_.back(), e_);
      idle_.pop_back();
    }
  }

  int epoll_;
  exchange const& e_;
  double per_tick_;
  double owed_ = 0;
  steady::time_point tick_;
  std::vector<connection*> idle_;
  std::array<epoll_event, most_ready> ready_{};
};

}  // namespace

int main(int count, char** words) {
  bench::arguments const a = bench::read_arguments(count, words);
  exchange e;
  e.request = "GET " + a.target + " HTTP/1.1\r\nHost: " + a.host + ":" + std::to_string(a.port) + "\r\n\r\n";
  int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<connection> const all = open_all(make_context(a.ca_file), a, e, epoll);
  fetcher fetching(epoll, e, a.per_second);
  fetching.run(a.warm_up);
  bench::measurement measured;
  measured.begin({});
  measured.print({fetching.run(a.time), 0});
}

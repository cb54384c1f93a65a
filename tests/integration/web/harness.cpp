#include "harness.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace buildwatch::web::testing {

harness::harness(options what, int count) {
  for (int i = 0; i < count; ++i) jobs.add(idle_job("job-" + std::to_string(i)));
  what.listen.port = 0;
  work_.emplace(loop.get_executor());
  auto opened = server::open({loop.get_executor(), clock, alarms, log, jobs, records, condition}, std::move(what));
  made = std::move(opened.value());
  made->start();
  port = made->port();
  thread_ = std::thread([this] { loop.run(); });
}

harness::~harness() {
  if (!stopped_) stop();
  on_loop([this] {
    made.reset();
    timer_.cancel();
  });
  work_.reset();
  thread_.join();
}

void harness::on_loop(std::function<void()> work) {
  std::promise<void> done;
  boost::asio::post(loop, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void harness::push(base::duration by) {
  on_loop([&] {
    clock.ahead += by;
    alarms.run(clock.now().mono);
  });
}

void harness::commit(std::uint64_t events) {
  on_loop([&] {
    for (; events > 0; --events) made->committed(event_of(++records.newest));
  });
}

bool harness::until(std::function<bool()> holds) {
  auto const end = std::chrono::steady_clock::now() + 10s;
  for (bool held = false; std::chrono::steady_clock::now() < end;) {
    on_loop([&] { held = holds(); });
    if (held) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

server_metrics harness::statistics() {
  server_metrics copy;
  on_loop([&] { copy = made->statistics(); });
  return copy;
}

bool harness::stop() {
  stopped_ = true;
  auto done = std::make_shared<std::promise<void>>();
  on_loop([&] { made->stop([done] { done->set_value(); }); });
  return done->get_future().wait_for(10s) == std::future_status::ready;
}

void harness::wake_at(base::time_point when) {
  if (when == base::time_point::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::chrono::steady_clock::time_point(when.time_since_epoch() - clock.ahead));
  timer_.async_wait([this](boost::system::error_code fault) {
    if (!fault) alarms.run(clock.now().mono);
  });
}

std::string reply::header(std::string_view name) const {
  auto const at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return "";
  auto const from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

client::client(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  timeval const limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) ADD_FAILURE() << "connect: " << errno;
}

client::~client() { ::close(fd_); }

bool client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void client::half_close() { ::shutdown(fd_, SHUT_WR); }

bool client::more() {
  std::array<char, 65536> piece;
  auto const n = ::recv(fd_, piece.data(), piece.size(), 0);
  failed_ = n < 0;
  if (n <= 0) return false;
  seen.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

bool client::read_until(std::string_view text) {
  while (seen.find(text) == std::string::npos) {
    if (!more()) return false;
  }
  return true;
}

bool client::read_to_end() {
  while (more()) {
  }
  return !failed_;
}

reply client::read(bool head_only) {
  reply got;
  if (!read_until("\r\n\r\n")) return got;
  auto const end = seen.find("\r\n\r\n") + 4;
  got.head = seen.substr(0, end);
  seen.erase(0, end);
  got.status = static_cast<unsigned>(std::stoul(got.head.substr(9, 3)));
  if (head_only || got.status == 304) return got;
  if (got.header("Transfer-Encoding") == "chunked") {
    for (;;) {
      if (!read_until("\r\n")) return {};
      auto const size = std::stoul(seen, nullptr, 16);
      auto const start = seen.find("\r\n") + 2;
      while (seen.size() < start + size + 2) {
        if (!more()) return {};
      }
      got.body += seen.substr(start, size);
      seen.erase(0, start + size + 2);
      if (size == 0) return got;
    }
  }
  if (got.header("Content-Length").empty()) {
    read_to_end();
    got.body = std::exchange(seen, {});
    return got;
  }
  auto const length = std::stoul(got.header("Content-Length"));
  while (seen.size() < length) {
    if (!more()) return {};
  }
  got.body = seen.substr(0, length);
  seen.erase(0, length);
  return got;
}

}  // namespace buildwatch::web::testing

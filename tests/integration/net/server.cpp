#include "server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace buildwatch::net::testing {

peer::~peer() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ssl_.reset();
  if (fd_ >= 0) server_.forget(fd_);
}

long peer::receive(char* into, std::size_t room) {
  return ssl_ ? SSL_read(ssl_.get(), into, static_cast<int>(room)) : ::recv(fd_, into, room, 0);
}

std::string peer::read_request() {
  std::array<char, 4096> some{};
  for (;;) {
    auto const head = pending_.find("\r\n\r\n");
    if (head != std::string::npos) {
      std::size_t size = head + 4;
      auto const length = pending_.find("Content-Length: ");
      if (length < head) size += std::stoul(pending_.substr(length + 16));
      if (pending_.size() >= size) {
        std::string request = pending_.substr(0, size);
        pending_.erase(0, size);
        return request;
      }
    }
    long const got = receive(some.data(), some.size());
    if (got <= 0) return {};
    pending_.append(some.data(), static_cast<std::size_t>(got));
  }
}

bool peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    long const sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool peer::answer(std::string_view body, std::string_view status, std::string_view headers) {
  return send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
              std::string(headers) + "\r\n" + std::string(body));
}

bool peer::accept_tls(identity const& as, X509* client_authority, int newest) {
  ssl_.reset(SSL_new(server_.context(as, client_authority, newest)));
  SSL_set_fd(ssl_.get(), fd_);
  if (SSL_accept(ssl_.get()) == 1) return true;
  cut();
  return false;
}

std::string peer::sni() const {
  char const* const name = ssl_ ? SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
  return name != nullptr ? name : "";
}

void peer::reset() {
  cut();
  struct linger const now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  server_.forget(std::exchange(fd_, -1));
}

void peer::cut() {
  if (ssl_) SSL_set_quiet_shutdown(ssl_.get(), 1);
}

void peer::linger() {
  std::array<char, 4096> some{};
  while (receive(some.data(), some.size()) > 0) {
  }
}

server::server(script each, std::string const& address, unsigned short port) : each_(std::move(each)) {
  sockaddr_storage where{};
  socklen_t size = sizeof(sockaddr_in);
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&where);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&where);
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof(sockaddr_in6);
  }
  listener_ = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int const on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* const plain = reinterpret_cast<sockaddr*>(&where);
  if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 64) != 0) throw std::runtime_error("can not listen");
  ::getsockname(listener_, plain, &size);
  port_ = ntohs(where.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

server::~server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    std::lock_guard const lock(guard_);
    for (int const fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void server::accept_all() {
  // OpenSSL writes without MSG_NOSIGNAL here. Only these threads are shielded: the client under test must not need it.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    {
      std::lock_guard const lock(guard_);
      fds_.push_back(fd);
    }
    unsigned const number = accepted_++;
    unsigned const now = ++open_;
    open_most_ = std::max(open_most_.load(), now);
    threads_.emplace_back([this, fd, number] {
      peer with(*this, fd, number);
      each_(with);
    });
  }
}

void server::forget(int fd) {
  std::lock_guard const lock(guard_);
  std::erase(fds_, fd);
  --open_;
  ::close(fd);
}

void server::note(std::string what) {
  std::lock_guard const lock(guard_);
  notes_.push_back(std::move(what));
}

std::vector<std::string> server::notes() const {
  std::lock_guard const lock(guard_);
  return notes_;
}

SSL_CTX* server::context(identity const& as, X509* client_authority, int newest) {
  std::lock_guard const lock(guard_);
  if (context_) return context_.get();
  context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const made = context_.get();
  SSL_CTX_use_certificate(made, as.certificate.get());
  SSL_CTX_use_PrivateKey(made, as.key.get());
  SSL_CTX_set_max_proto_version(made, newest);
  SSL_CTX_set_session_id_context(made, reinterpret_cast<unsigned char const*>("test"), 4);
  if (client_authority != nullptr) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(made), client_authority);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return made;
}

}  // namespace buildwatch::net::testing

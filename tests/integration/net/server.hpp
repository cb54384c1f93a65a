// A server on loopback that does as its script says, connection by connection, on threads of its own.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certificates.hpp"

namespace buildwatch::net::testing {

class server;

/// One connection, as its script sees it. Everything blocks; false or "" when the other side is gone.
class peer {
 public:
  peer(server& of, int fd, unsigned number) : server_(of), fd_(fd), number_(number) {}
  ~peer();
  peer(peer const&) = delete;
  peer& operator=(peer const&) = delete;

  /// Head and body (by Content-Length) of the next request.
  std::string read_request();
  bool send(std::string_view bytes);
  /// Sends an answer with a length and the further header lines given.
  bool answer(std::string_view body, std::string_view status = "200 OK", std::string_view headers = "");
  /// TLS on what is now a plain connection; sees what the client asked for.
  bool accept_tls(identity const& as, X509* client_authority = nullptr, int newest = 0);
  /// Ends with a TCP reset.
  void reset();
  /// Ends without TLS's goodbye.
  void cut();
  /// Waits until the client ends the connection.
  void linger();
  [[nodiscard]] bool resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }
  /// 0 for the first connection to the server.
  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] std::string sni() const;

 private:
  struct ssl_free {
    void operator()(SSL* held) const { SSL_free(held); }
  };
  long receive(char* into, std::size_t room);
  server& server_;
  int fd_;
  unsigned number_;
  std::unique_ptr<SSL, ssl_free> ssl_;
  std::string pending_;
};

class server {
 public:
  using script = std::function<void(peer&)>;
  /// Listens at once; `address` is 127.0.0.1, ::1 or another of loopback.
  explicit server(script each, std::string const& address = "127.0.0.1", unsigned short port = 0);
  /// Ends all connections.
  ~server();
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] unsigned connections() const { return accepted_; }
  [[nodiscard]] unsigned open_at_most() const { return open_most_; }
  void note(std::string what);
  [[nodiscard]] std::vector<std::string> notes() const;
  /// What TLS sessions can be resumed with; kept between connections.
  SSL_CTX* context(identity const& as, X509* client_authority, int newest);

 private:
  friend class peer;
  void accept_all();
  void forget(int fd);

  struct ctx_free {
    void operator()(SSL_CTX* held) const { SSL_CTX_free(held); }
  };
  script each_;
  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<unsigned> accepted_{0};
  std::atomic<unsigned> open_{0};
  std::atomic<unsigned> open_most_{0};
  mutable std::mutex guard_;
  std::vector<int> fds_;
  std::vector<std::string> notes_;
  std::unique_ptr<SSL_CTX, ctx_free> context_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace buildwatch::net::testing

// One non-blocking connection, plain or TLS: the steps are tried at once and say what to wait for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "net/tls.hpp"

namespace buildwatch::net {

enum class io {
  ready,       ///< done, or some bytes moved
  want_read,   ///< try again when the socket is readable
  want_write,  ///< try again when it is writable
  closed,      ///< the other side has ended its bytes in order (TLS: close_notify)
  cut,         ///< TLS without close_notify: what came may have been cut short (RFC 8446, 6.1)
  failed,      ///< fault() says why
};

/// Asio only tells readiness: the bytes go between OpenSSL and the socket through a BIO of ours, which sends with
/// MSG_NOSIGNAL (so no SIGPIPE, whatever the process does about it) and remembers errno. Not movable: the BIO holds its
/// address.
class wire {
 public:
  using socket = boost::asio::ip::tcp::socket;

  explicit wire(boost::asio::any_io_executor const& executor);
  ~wire();
  wire(wire const&) = delete;
  wire& operator=(wire const&) = delete;

  /// Opens a socket, close-on-exec, and starts to connect: `want_write` leads to finish_connect().
  io start_connect(boost::asio::ip::tcp::endpoint const& to);
  io finish_connect();
  /// From here on bytes are encrypted. False: out of memory.
  bool start_tls(tls_context& context);
  io handshake();
  /// `ready`: some of the bytes have gone, `moved` says how many.
  io write(std::string_view bytes, std::size_t& moved);
  io read(char* into, std::size_t room, std::size_t& moved);
  /// An idle connection is open and silent. Reads what TLS says on the side (session tickets).
  [[nodiscard]] bool quiet();
  /// Bytes that OpenSSL has read and not yet shown: with read-ahead the socket does not tell of them.
  [[nodiscard]] bool has_pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }
  /// Closes; says goodbye in TLS unless something failed. Sessions stay good for resuming. May be opened again.
  void close();
  /// Ends waits on the socket.
  void cancel();

  [[nodiscard]] socket& ready_socket() { return socket_; }
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] bool resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }
  /// After `failed`: in words, "Connection reset by peer", "the certificate expired on …".
  [[nodiscard]] std::string const& fault() const { return fault_; }
  /// After `failed`: the connection was lost, rather than misused.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  friend struct wire_bio;
  io settle(int outcome);
  io fail(int reason);

  socket socket_;
  int fd_ = -1;
  int errno_ = 0;     // of the BIO's last call, 0 when it went well
  bool eof_ = false;  // the BIO has seen the end
  bool lost_ = false;
  bool failed_ = false;
  std::string fault_;
  std::string verify_fault_;
  ssl_ptr ssl_;
};

}  // namespace buildwatch::net

// One non-blocking connection, plain or TLS: the steps are tried at once and say what to wait for.
#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

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

/// The bytes go between OpenSSL and the socket through a BIO of ours, which sends with MSG_NOSIGNAL (so no SIGPIPE,
/// whatever the process does about it) and remembers errno. Not movable: the BIO holds its address.
class wire {
 public:
  /// With the loop's own executor rather than any: each wait then does without three type-erased calls.
  using socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  /// `executor` is that of an io_context.
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
  /// Bytes received and not yet shown: the socket does not tell of them.
  [[nodiscard]] bool has_pending() const { return !unread_.empty() || (ssl_ && SSL_has_pending(ssl_.get()) == 1); }
  /// Closes; says goodbye in TLS unless something failed. Sessions stay good for resuming. May be opened again.
  void close();
  /// Ends waits on the socket.
  void cancel();

  /// Waits for what a step asked for, until cancel(); then the step is to be tried again. For co_await. A wait for
  /// bytes receives the first of them: Asio waits for mere readiness by one epoll_ctl more (epoll_reactor::start_op), a
  /// thirtieth of a request.
  auto wait(io what) {
    return boost::asio::async_initiate<boost::asio::deferred_t const, void()>(
        [this](auto handler, io wanted) {
          if (wanted == io::want_write) {
            auto resume = [then = std::move(handler)](boost::system::error_code) mutable { std::move(then)(); };
            socket_.async_wait(socket::wait_write, std::move(resume));
          } else {
            auto resume = [this, then = std::move(handler)](boost::system::error_code fault,
                                                            std::size_t count) mutable {
              received(fault, count);
              std::move(then)();
            };
            socket_.async_read_some(boost::asio::buffer(inbox_), std::move(resume));
          }
        },
        boost::asio::deferred, what);
  }
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
  void received(boost::system::error_code fault, std::size_t count);
  ssize_t take(char* into, std::size_t room);

  socket socket_;
  int fd_ = -1;
  std::array<char, 2048> inbox_;  // most answers whole; the rest of a longer one does not pass through it
  std::string_view unread_;       // of the inbox
  int wait_errno_ = 0;            // how a wait for bytes ended, where that is an error
  bool drained_ = false;          // the last wait took all there was: another recv would be for nothing
  int errno_ = 0;                 // of the BIO's last call, 0 when it went well
  bool eof_ = false;              // the BIO has seen the end
  bool lost_ = false;
  bool failed_ = false;
  std::string fault_;
  std::string verify_fault_;
  ssl_ptr ssl_;
};

}  // namespace buildwatch::net

#include "net/wire.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <limits>
#include <system_error>

namespace buildwatch::net {

namespace {

namespace ip = boost::asio::ip;

std::string words_of(int reason) { return std::generic_category().message(reason); }

bool would_block(int reason) { return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR; }

/// OpenSSL's length is an int.
int clamped(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

/// Errors that another part of the process left in OpenSSL's queue would be taken for ours.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

/// OpenSSL calls these with the BIO that holds the wire.
struct wire_bio {
  static wire& owner(BIO* bio) { return *static_cast<wire*>(BIO_get_data(bio)); }

  static int write(BIO* bio, char const* bytes, int count) {
    wire& to = owner(bio);
    BIO_clear_retry_flags(bio);
    auto const sent = ::send(to.fd_, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<int>(sent);
    to.errno_ = errno;
    if (would_block(to.errno_)) BIO_set_retry_write(bio);
    return -1;
  }

  static int read(BIO* bio, char* into, int room) {
    wire& from = owner(bio);
    BIO_clear_retry_flags(bio);
    auto const got = from.take(into, static_cast<std::size_t>(room));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) {
      from.eof_ = true;
      return 0;
    }
    from.errno_ = errno;
    if (would_block(from.errno_)) BIO_set_retry_read(bio);
    return -1;
  }

  /// OpenSSL insists on a flush; BIO_CTRL_EOF stays unanswered so that it leaves the meaning of an end to us.
  static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD const* method() {
    // Constant once made; OpenSSL only hands such a table out at run time.
    static std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>> const table = [] {
      std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>> made(
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buildwatch socket"));
      if (made) {
        BIO_meth_set_write(made.get(), write);
        BIO_meth_set_read(made.get(), read);
        BIO_meth_set_ctrl(made.get(), control);
        BIO_meth_set_create(made.get(), create);
      }
      return made;
    }();
    return table.get();
  }
};

wire::wire(boost::asio::any_io_executor const& executor)
    : socket_(*executor.target<boost::asio::io_context::executor_type>()) {}

wire::~wire() { close(); }

io wire::fail(int reason) {
  failed_ = true;
  lost_ =
      reason == ECONNRESET || reason == EPIPE || reason == ETIMEDOUT || reason == ENOTCONN || reason == ECONNABORTED;
  fault_ = words_of(reason);
  return io::failed;
}

io wire::start_connect(ip::tcp::endpoint const& to) {
  close();
  fd_ = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd_ < 0) return fail(errno);
  boost::system::error_code fault;
  socket_.assign(to.protocol(), fd_, fault);
  if (fault) {
    ::close(fd_);
    return fail(fault.value());
  }
  socket_.native_non_blocking(true, fault);
  int const on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, to.data(), static_cast<socklen_t>(to.size())) == 0) return io::ready;
  return errno == EINPROGRESS ? io::want_write : fail(errno);
}

io wire::finish_connect() {
  int reason = 0;
  socklen_t size = sizeof reason;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &reason, &size) != 0) reason = errno;
  return reason == 0 ? io::ready : fail(reason);
}

bool wire::start_tls(tls_context& context) {
  BIO* const bio = BIO_new(wire_bio::method());
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  verify_fault_.clear();
  ssl_ = context.open(bio, verify_fault_);
  return ssl_ != nullptr;
}

void wire::received(boost::system::error_code fault, std::size_t count) {
  unread_ = std::string_view(inbox_.data(), count);
  // An end is seen again by the next recv, an error is not.
  bool const error = fault && fault != boost::asio::error::eof && fault != boost::asio::error::operation_aborted;
  wait_errno_ = error ? fault.value() : 0;
  drained_ = count > 0 && count < inbox_.size();
}

/// As recv(2): what a wait has received, then from the socket.
ssize_t wire::take(char* into, std::size_t room) {
  if (!unread_.empty()) {
    std::size_t const count = unread_.copy(into, room);
    unread_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  if (wait_errno_ == 0 && !drained_) return ::recv(fd_, into, room, 0);
  errno = wait_errno_ != 0 ? wait_errno_ : EAGAIN;
  return -1;
}

/// What an OpenSSL call that did not succeed means.
io wire::settle(int outcome) {
  switch (SSL_get_error(ssl_.get(), outcome)) {
    case SSL_ERROR_WANT_READ: return io::want_read;
    case SSL_ERROR_WANT_WRITE: return io::want_write;
    case SSL_ERROR_ZERO_RETURN: return io::closed;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      if (!eof_) return fail(errno_);
      failed_ = true;
      return io::cut;
    default: break;
  }
  failed_ = true;
  lost_ = false;
  std::string const error = take_tls_error();
  fault_ = verify_fault_.empty() ? error : verify_fault_;
  return io::failed;
}

io wire::handshake() {
  forget_errors();
  errno_ = 0;
  int const outcome = SSL_do_handshake(ssl_.get());
  return outcome == 1 ? io::ready : settle(outcome);
}

io wire::write(std::string_view bytes, std::size_t& moved) {
  if (ssl_) {
    forget_errors();
    errno_ = 0;
    int const sent = SSL_write(ssl_.get(), bytes.data(), clamped(bytes.size()));
    if (sent <= 0) return settle(sent);
    moved = static_cast<std::size_t>(sent);
    return io::ready;
  }
  auto const sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return would_block(errno) ? io::want_write : fail(errno);
  moved = static_cast<std::size_t>(sent);
  return io::ready;
}

io wire::read(char* into, std::size_t room, std::size_t& moved) {
  if (ssl_) {
    forget_errors();
    errno_ = 0;
    int const got = SSL_read(ssl_.get(), into, clamped(room));
    if (got <= 0) return settle(got);
    moved = static_cast<std::size_t>(got);
    return io::ready;
  }
  auto const got = take(into, room);
  if (got < 0) return would_block(errno) ? io::want_read : fail(errno);
  moved = static_cast<std::size_t>(got);
  return got == 0 ? io::closed : io::ready;
}

bool wire::quiet() {
  char byte = 0;
  drained_ = false;
  if (!ssl_) return unread_.empty() && ::recv(fd_, &byte, 1, MSG_PEEK) < 0 && would_block(errno);
  forget_errors();
  errno_ = 0;
  int const got = SSL_peek(ssl_.get(), &byte, 1);
  return got <= 0 && settle(got) == io::want_read;
}

void wire::close() {
  if (ssl_) {
    // SSL_free without a shutdown, said or pretended, makes the session unfit for resuming (SSL_shutdown(3)).
    forget_errors();
    if (!failed_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ssl_.reset();
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
  fd_ = -1;
  unread_ = {};
  wait_errno_ = 0;
  drained_ = eof_ = lost_ = failed_ = false;
}

void wire::cancel() {
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

}  // namespace buildwatch::net

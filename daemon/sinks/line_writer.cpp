#include "sinks/line_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <climits>
#include <csignal>

namespace buildwatch::sinks {
namespace {

descriptor own_copy(int fd, bool terminal) {
  if (terminal) {
    std::string const path = fmt::format("/proc/self/fd/{}", fd);
    descriptor again(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (again) return again;
  }
  return descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

// write(2) whose SIGPIPE, if any, dies here: whether the signal is ignored is up to the program, not to this room.
ssize_t write_quietly(int fd, std::string_view bytes) {
  sigset_t broken_pipe, before, pending;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
  ssize_t const written = ::write(fd, bytes.data(), bytes.size());
  int const error = errno;
  if (written < 0 && error == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
    timespec const at_once{};
    sigtimedwait(&broken_pipe, nullptr, &at_once);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

line_writer::line_writer(boost::asio::any_io_executor executor, int fd)
    : terminal_(::isatty(fd) == 1), out_(own_copy(fd, terminal_)), gate_(executor) {
  if (!out_) {
    broken_ = errno;
    return;
  }
  descriptor gate(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event wanted{};
  wanted.events = EPOLLOUT;
  // A regular file can not be waited for (EPERM); it is always ready.
  if (!gate || ::epoll_ctl(gate.get(), EPOLL_CTL_ADD, out_.get(), &wanted) != 0) return;
  boost::system::error_code ec;
  gate_.assign(gate.get(), ec);
  if (!ec) static_cast<void>(gate.release());
}

bool line_writer::ready() const {
  pollfd asked{out_.get(), POLLOUT, 0};
  return !gate_.is_open() || ::poll(&asked, 1, 0) > 0;
}

boost::asio::awaitable<line_writer::outcome> line_writer::write(std::string_view bytes) {
  outcome result;
  if (broken_ != 0) {
    result.end = end::failed;
    result.error = broken_;
    co_return result;
  }
  bool wait = !ready();
  while (!bytes.empty() && !stopped_) {
    if (wait) {
      co_await gate_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                boost::asio::as_tuple(boost::asio::use_awaitable));
      wait = !stopped_ && !ready();
      continue;
    }
    ssize_t const written = write_quietly(out_.get(), bytes.substr(0, PIPE_BUF));
    if (written >= 0) {
      result.begun = true;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && (errno != EAGAIN || !gate_.is_open())) {
      result.end = end::failed;
      result.error = errno;
      co_return result;
    }
    wait = (written < 0 && errno == EAGAIN) || !ready();
  }
  if (!bytes.empty()) result.end = end::stopped;
  co_return result;
}

void line_writer::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  gate_.cancel(ignored);
}

}  // namespace buildwatch::sinks

// Writing to a descriptor that others share, without blocking the loop and without changing its flags.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string_view>

#include "sinks/descriptor.hpp"

namespace buildwatch::sinks {

/// O_NONBLOCK belongs to the open file description: set on our standard output, it would hit the shell and every other
/// program on the same terminal or pipe. So writes ask poll(2) first and stay small enough not to block: a pipe that
/// polls writable takes PIPE_BUF bytes (pipe(7)). A terminal promises less; it is opened anew, with a description of
/// our own. Waiting goes through an epoll instance of our own, as Asio would set O_NONBLOCK on what it waits for.
class line_writer {
 public:
  line_writer(boost::asio::any_io_executor executor, int fd);

  enum class end { written, failed, stopped };
  struct outcome {
    line_writer::end end = end::written;
    int error = 0;       ///< errno, with `failed`
    bool begun = false;  ///< some of the bytes have been written
  };
  /// Writes all of `bytes`, which live until it returns. One at a time.
  boost::asio::awaitable<outcome> write(std::string_view bytes);
  /// Ends a write that waits; later ones end at once.
  void stop();
  [[nodiscard]] bool terminal() const { return terminal_; }

 private:
  [[nodiscard]] bool ready() const;

  bool terminal_ = false;
  descriptor out_;
  boost::asio::posix::stream_descriptor gate_;  // the epoll instance: readable when out_ is writable
  int broken_ = 0;                              // errno of the preparation
  bool stopped_ = false;
};

}  // namespace buildwatch::sinks

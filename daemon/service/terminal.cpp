#include "service/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "buildwatch/service/ascii.hpp"

namespace buildwatch::service {
namespace {

constexpr std::size_t usual_columns = 80;

std::string_view variable(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::size_t columns_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  std::string_view const told = variable("COLUMNS");
  std::size_t n = 0;
  std::from_chars(told.data(), told.data() + told.size(), n);
  return n > 0 ? n : usual_columns;
}

/// A terminal that goes away takes nothing any more; whoever followed on it is gone as well.
void write_all(std::string_view text) {
  while (!text.empty()) {
    auto const n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

display look_at(int fd) {
  display d;
  bool const obeys = !variable("TERM").empty() && variable("TERM") != "dumb";
  if (::isatty(fd) != 1) return d;
  d.columns = columns_of(fd);
  d.draws = obeys;
  d.colour = obeys && variable("NO_COLOR").empty();
  return d;
}

terminal::terminal()
    : draws_(look_at(STDERR_FILENO).draws),
      colour_(look_at(STDERR_FILENO).colour),
      unicode_(takes_utf8(STDERR_FILENO)) {}

bar_style terminal::style() const {
  bar_style s;
  std::size_t const all = columns_of(STDERR_FILENO);
  s.columns = all > 1 ? all - 1 : 1;
  s.colour = colour_;
  s.unicode = unicode_;
  return s;
}

void terminal::draw(std::string line) {
  if (!unicode_) line = as_ascii(line);
  if (line == drawn_) return;
  write_all("\r" + line + "\x1b[K");
  drawn_ = std::move(line);
}

void terminal::clear() {
  if (drawn_.empty()) return;
  write_all("\r\x1b[K");
  drawn_.clear();
}

void terminal::say(std::string_view line) {
  clear();
  write_all((unicode_ ? std::string(line) : as_ascii(line)) + '\n');
}

}  // namespace buildwatch::service

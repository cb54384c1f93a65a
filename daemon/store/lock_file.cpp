#include "store/lock_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace buildwatch::store {
namespace {

base::error cannot(char const* what, std::string const& file, int number) {
  return {fmt::format("cannot {} {}: {}", what, file, std::generic_category().message(number))};
}

/// Who holds it, as it has written down.
std::string holder(int descriptor) {
  std::array<char, 24> text{};
  auto const size = pread(descriptor, text.data(), text.size(), 0);
  std::string digits;
  for (char const c : text) {
    if (c < '0' || c > '9' || static_cast<long>(digits.size()) >= size) break;
    digits += c;
  }
  return digits.empty() ? "another process" : "process " + digits;
}

/// For the message of a second daemon. A full disk may refuse it: better no pid than a wrong one.
void write_down(int descriptor, pid_t pid) {
  std::string const text = fmt::format("{}\n", pid);
  bool const written = pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  while (ftruncate(descriptor, written ? static_cast<off_t>(text.size()) : 0) != 0 && errno == EINTR) {
  }
}

}  // namespace

base::result<lock_file> lock_file::take(std::string const& path) {
  std::string const name = path_of(path);
  int const descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return cannot("open", name, errno);
  lock_file lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot("lock", name, errno);
    return base::error{
        fmt::format("{} is in use by {}: one daemon a store. Stop that one, or give `store` another path", path,
                    holder(descriptor))};
  }
  write_down(descriptor, getpid());
  return lock;
}

lock_file::lock_file(lock_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

lock_file::~lock_file() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace buildwatch::store

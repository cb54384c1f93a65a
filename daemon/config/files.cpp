#include "config/files.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace buildwatch::config {
namespace {

std::string words(int number) { return std::generic_category().message(number); }

/// A descriptor that closes itself.
class handle {
 public:
  // O_NONBLOCK: opening a pipe must not wait for its other end.
  explicit handle(std::string const& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  handle(handle const&) = delete;
  handle& operator=(handle const&) = delete;
  ~handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

std::optional<std::string> not_regular(struct stat const& s) {
  if (S_ISREG(s.st_mode)) return std::nullopt;
  return S_ISDIR(s.st_mode) ? words(EISDIR) : "not a regular file";
}

/// Opens, and says why not; nullopt with the size in `size` where all is well.
std::optional<std::string> check(handle const& h, std::size_t& size) {
  if (h.fd() < 0) return words(errno);
  struct stat s {};
  if (::fstat(h.fd(), &s) != 0) return words(errno);
  size = static_cast<std::size_t>(std::max<off_t>(0, s.st_size));
  return not_regular(s);
}

/// Files below /proc and some others have no size before they are read, so the size is only a first guess.
base::result<std::string> read_all(int fd, std::size_t guess, std::size_t limit) {
  std::string all;
  std::size_t used = 0;
  all.resize(std::min(guess, limit) + 1);
  for (;;) {
    if (used == all.size()) all.resize(all.size() * 2 + 4096);
    ssize_t const got = ::read(fd, all.data() + used, all.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::error{words(errno)};
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) return base::error{words(EFBIG)};
  }
  all.resize(used);
  return {boost::system::in_place_value, std::move(all)};
}

class system_files final : public files {
 public:
  base::result<std::string> read(std::string const& path, std::size_t limit) const override {
    handle const h(path);
    std::size_t size = 0;
    if (auto why = check(h, size)) return base::error{*why};
    if (size > limit) return base::error{words(EFBIG)};
    return read_all(h.fd(), size, limit);
  }

  std::optional<std::string> not_runnable(std::string const& path) const override {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return words(errno);
    if (auto why = not_regular(s)) return why;
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) return words(errno);
    return std::nullopt;
  }

  base::result<std::vector<std::string>> matching(std::string const& pattern) const override {
    glob_t found{};
    int const status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
    std::vector<std::string> paths;
    if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (status != 0 && status != GLOB_NOMATCH) return base::error{status == GLOB_NOSPACE ? words(ENOMEM) : words(EIO)};
    std::ranges::sort(paths);  // by bytes, not by the locale's order as glob(3) does
    return paths;
  }

  std::string absolute(std::string const& path) const override {
    std::error_code failed;
    auto const full = std::filesystem::absolute(path, failed);
    return failed ? path : full.string();
  }

  std::string identity(std::string const& path) const override {
    std::error_code failed;
    auto const full = std::filesystem::weakly_canonical(path, failed);
    return failed ? path : full.string();
  }
};

}  // namespace

std::shared_ptr<files const> real_files() { return std::make_shared<system_files const>(); }

std::string joined(std::string const& directory, std::string const& path) {
  if (path.starts_with('/') || directory.empty()) return path;
  return directory.ends_with('/') ? directory + path : directory + '/' + path;
}

}  // namespace buildwatch::config

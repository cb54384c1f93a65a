#include "store/ground.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace buildwatch::store {
namespace {

std::string words(int number) { return std::generic_category().message(number); }

std::string folder_of(std::string const& path) {
  auto const slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

base::error no_folder(std::string const& folder, int number) {
  return {fmt::format("cannot make the folder {} for the store: {}; create it, or give `store` another path", folder,
                      words(number))};
}

// 0, or what errno says.
int make_folder(std::string const& folder, bool with_parents) {
  if (mkdir(folder.c_str(), 0700) == 0) return 0;
  if (errno != ENOENT || !with_parents) return errno;
  if (int const number = make_folder(folder_of(folder), true); number != 0) return number;
  return mkdir(folder.c_str(), 0700) == 0 ? 0 : errno;
}

}  // namespace

std::string behind_link(std::string const& path) {
  std::error_code fault;
  if (!std::filesystem::is_symlink(path, fault)) return path;
  auto const real = std::filesystem::canonical(path, fault);
  return fault ? path : real.string();
}

base::result<void> prepare_folder(std::string const& path, bool with_parents) {
  std::string const folder = folder_of(path);
  struct stat s {};
  if (stat(folder.c_str(), &s) != 0) {
    if (errno != ENOENT) return base::error{fmt::format("cannot use the folder {}: {}", folder, words(errno))};
    if (int const number = make_folder(folder, with_parents); number != 0) return no_folder(folder, number);
  } else if (!S_ISDIR(s.st_mode)) {
    return base::error{fmt::format("{} is no folder; give `store` another path", folder)};
  }
  // SQLite makes its log there.
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return base::error{fmt::format(
        "cannot write in the folder {}: {}; give it to the user who runs buildwatchd, or give `store` another path",
        folder, words(errno))};
  }
  return {};
}

base::result<ground> look_at(std::string const& path, bool to_write) {
  ground found;
  struct stat s {};
  std::string const log = path + "-wal";
  found.log_there = stat(log.c_str(), &s) == 0;
  found.log_left = found.log_there && s.st_size > 0;
  if (stat(path.c_str(), &s) == 0) {
    if (!S_ISREG(s.st_mode)) return base::error{fmt::format("{} is no file; give `store` another path", path)};
    found.there = true;
    found.bytes = static_cast<std::uint64_t>(s.st_size);
    int const mode = to_write ? R_OK | W_OK : R_OK;
    if (access(path.c_str(), mode) != 0) {
      return base::error{fmt::format("cannot {} {}: {}; do it as the user who runs buildwatchd",
                                     to_write ? "write" : "read", path, words(errno))};
    }
  } else if (errno != ENOENT && errno != ENOTDIR) {
    return base::error{fmt::format("cannot look at {}: {}", path, words(errno))};
  }
  // SQLite would throw such a log away.
  if (found.bytes == 0 && found.log_left) {
    return base::error{fmt::format(
        "{0} is {1}, but its log {0}-wal holds something: put the file back that belongs to it or restore a backup; to "
        "start without, move the log away: what was known and owed is then lost",
        path, found.there ? "empty" : "missing")};
  }
  return found;
}

base::result<void> create_file(std::string const& path) {
  if (mknod(path.c_str(), S_IFREG | 0600, 0) != 0) {
    return base::error{fmt::format("cannot create {}: {}", path, words(errno))};
  }
  int const folder = open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {  // a folder that can be written but not read is not worth failing for
    fsync(folder);
    close(folder);
  }
  return {};
}

}  // namespace buildwatch::store

#include "store/failure.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "store/connection.hpp"

namespace buildwatch::store {
namespace {

/// Of one request: the next one may do better.
bool of_one_request(int code) {
  switch (code) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE: return true;
    default: return false;
  }
}

char const* advice(int code, int system_error) {
  if (system_error == ENOSPC || system_error == EDQUOT) code = SQLITE_FULL;
  switch (code) {
    case SQLITE_FULL: return "; make room on that file system, nothing is lost meanwhile";
    case SQLITE_IOERR: return "; see the kernel's log about that disk, nothing is lost meanwhile";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return "; see whether the file and its folder can be written by this user";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "; another process holds it: end its transaction";
    default: return "";
  }
}

}  // namespace

failure explain(SQLite::Exception const& what, connection const& where, char const* doing) {
  int const code = what.getErrorCode() & 0xff;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return {damaged(where.path(), what.what()), true};
  // What the system said, where SQLite's words do not and it has kept that.
  bool const of_the_system = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
  int const number = of_the_system ? where.system_error() : 0;
  std::string const cause = number == 0 ? "" : fmt::format(" ({})", std::generic_category().message(number));
  std::string text = fmt::format("cannot {} {}: {}{}{}", doing, where.path(), what.what(), cause, advice(code, number));
  return {text, !of_one_request(code)};
}

std::string damaged(std::string const& path, std::string const& how) {
  return fmt::format(
      "{0} is damaged, or no database ({1}); it is left as it is. Move it away together with {0}-wal and {0}-shm, then "
      "restore a backup, or start without one: what was known and owed is then lost",
      path, how);
}

}  // namespace buildwatch::store

// What goes wrong with the database, in words for people.
#pragma once

#include <SQLiteCpp/Exception.h>

#include <stdexcept>
#include <string>

namespace buildwatch::store {

class connection;

class failure final : public std::runtime_error {
 public:
  failure(std::string const& text, bool of_the_file) : std::runtime_error(text), of_the_file_(of_the_file) {}
  /// The disk, the file or another process is the cause: whatever is tried now fails too. Else this one request is.
  [[nodiscard]] bool of_the_file() const { return of_the_file_; }

 private:
  bool of_the_file_;
};

/// "cannot write PATH: database or disk is full; make room on …". `doing`: "write", "read", "open".
[[nodiscard]] failure explain(SQLite::Exception const& what, connection const& where, char const* doing);

/// What to do about a file that is damaged or no database.
[[nodiscard]] std::string damaged(std::string const& path, std::string const& how);

/// Calls `work`; what SQLite throws is explained.
template <class Work>
auto guarded(connection const& where, char const* doing, Work work) {
  try {
    return work();
  } catch (SQLite::Exception const& e) {
    throw explain(e, where, doing);
  }
}

}  // namespace buildwatch::store

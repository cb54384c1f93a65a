// One connection to SQLite, and how a statement is used: bind, step, read the columns in order.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"

namespace buildwatch::store {

class connection {
 public:
  /// `flags` as SQLite's. `busy`: how long a statement waits for another process's transaction. Throws SQLite's.
  connection(std::string path, int flags, std::chrono::milliseconds busy);
  /// Of a file that is only looked at and that nobody changes meanwhile: no lock and no log.
  static connection unchanging(std::string path);

  [[nodiscard]] std::string const& path() const { return path_; }
  /// The system's error number behind the last failure; 0: none.
  [[nodiscard]] int system_error() const;
  [[nodiscard]] sqlite3* handle() const { return file_.getHandle(); }
  /// One or more statements without a result.
  void execute(char const* sql);
  /// The one value of a PRAGMA.
  [[nodiscard]] std::int64_t number(char const* sql);
  [[nodiscard]] std::string word(char const* sql);
  /// Rows that the last statement changed.
  [[nodiscard]] int changes() const { return file_.getChanges(); }
  [[nodiscard]] std::uint64_t last_number() const { return static_cast<std::uint64_t>(file_.getLastInsertRowid()); }
  void roll_back() noexcept;
  /// Whether the last connection copies the log into the file as it closes. Else it leaves everything as it is.
  void tidy_at_close(bool on);

 private:
  friend class query;
  connection(std::string path, std::string const& uri, int flags, std::chrono::milliseconds busy);
  SQLite::Statement& prepared(std::string_view sql);

  std::string path_;
  SQLite::Database file_;
  std::map<std::string, SQLite::Statement, std::less<>> statements_;  // compiled once each
};

/// A statement in use. The same text is used once at a time. Reset at the end: nothing keeps a transaction open.
class query {
 public:
  query(connection& on, std::string_view sql) : statement_(on.prepared(sql)) {}
  ~query() { statement_.tryReset(); }
  query(query const&) = delete;
  query& operator=(query const&) = delete;

  /// Values of the parameters, in order; may be continued by another call.
  template <class... Values>
  query& with(Values const&... values) {
    (bind(values), ...);
    return *this;
  }
  /// The next row; false: there is none.
  bool next();
  /// To the end.
  void run();

  // Columns of the row, each call the next one.
  std::string text();
  std::int64_t integer();
  std::uint64_t number() { return static_cast<std::uint64_t>(integer()); }
  std::uint32_t small() { return static_cast<std::uint32_t>(integer()); }
  bool flag() { return integer() != 0; }
  base::wall_time time() { return base::wall_time(std::chrono::milliseconds(integer())); }
  base::duration lasting() { return std::chrono::milliseconds(integer()); }
  /// Whether the next column holds a value; NULL is passed over.
  bool holds();
  void pass(int columns) { column_ += columns; }
  std::optional<base::wall_time> maybe_time();
  std::optional<std::string> maybe_text();
  std::optional<std::uint32_t> maybe_small();

 private:
  void bind(std::string const& value) { statement_.bind(++bound_, value); }
  void bind(std::string_view value) { statement_.bind(++bound_, std::string(value)); }
  void bind(char const* value) { statement_.bind(++bound_, value); }
  void bind(std::nullopt_t) { statement_.bind(++bound_); }
  void bind(base::wall_time value) { bind(value.time_since_epoch().count()); }
  void bind(base::duration value) { bind(std::chrono::floor<std::chrono::milliseconds>(value).count()); }
  template <std::integral Integer>
  void bind(Integer value) {
    statement_.bind(++bound_, static_cast<std::int64_t>(value));
  }
  template <class Value>
  void bind(std::optional<Value> const& value) {
    value ? bind(*value) : bind(std::nullopt);
  }
  SQLite::Statement& statement_;
  int bound_ = 0;
  int column_ = 0;
};

}  // namespace buildwatch::store

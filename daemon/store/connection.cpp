#include "store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace buildwatch::store {
namespace {

std::string as_uri(std::string const& path) {
  std::string uri = "file:";
  for (char const c : path) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

}  // namespace

connection::connection(std::string path, int flags, std::chrono::milliseconds busy)
    : connection(path, path, flags, busy) {}

connection::connection(std::string path, std::string const& uri, int flags, std::chrono::milliseconds busy)
    : path_(std::move(path)), file_(uri, flags, static_cast<int>(busy.count())) {
  sqlite3_extended_result_codes(handle(), 1);
}

connection connection::unchanging(std::string path) {
  std::string const uri = as_uri(path) + "?immutable=1";
  return {std::move(path), uri, SQLite::OPEN_READONLY | SQLite::OPEN_URI, {}};
}

int connection::system_error() const { return sqlite3_system_errno(handle()); }

void connection::execute(char const* sql) { file_.exec(sql); }

std::int64_t connection::number(char const* sql) { return file_.execAndGet(sql).getInt64(); }

std::string connection::word(char const* sql) { return file_.execAndGet(sql).getString(); }

void connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(handle()) == 0) file_.tryExec("ROLLBACK");
}

void connection::tidy_at_close(bool on) {
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

SQLite::Statement& connection::prepared(std::string_view sql) {
  auto const known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  return statements_.try_emplace(std::string(sql), file_, std::string(sql)).first->second;
}

bool query::next() {
  column_ = 0;
  return statement_.executeStep();
}

void query::run() {
  while (next()) {
  }
}

std::string query::text() { return statement_.getColumn(column_++).getString(); }

std::int64_t query::integer() { return statement_.getColumn(column_++).getInt64(); }

bool query::holds() {
  bool const some = !statement_.isColumnNull(column_);
  if (!some) ++column_;
  return some;
}

std::optional<base::wall_time> query::maybe_time() { return holds() ? std::optional(time()) : std::nullopt; }

std::optional<std::string> query::maybe_text() { return holds() ? std::optional(text()) : std::nullopt; }

std::optional<std::uint32_t> query::maybe_small() { return holds() ? std::optional(small()) : std::nullopt; }

}  // namespace buildwatch::store

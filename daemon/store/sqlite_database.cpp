#include "store/sqlite_database.hpp"

#include <sqlite3.h>

#include "store/failure.hpp"

namespace buildwatch::store {

sqlite_database::sqlite_database(std::optional<lock_file> lock, connection file, store_options const& how)
    : lock_(std::move(lock)), file_(std::move(file)), builds_kept_(how.builds), events_kept_(how.events) {
  auto const committed = [](void* self, sqlite3*, char const*, int pages) {
    static_cast<sqlite_database*>(self)->pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(file_.handle(), committed, this);  // in place of SQLite's own checkpoints
  version_seen_ = file_.number("PRAGMA data_version");
}

sqlite_database::~sqlite_database() { file_.tidy_at_close(true); }

void sqlite_database::begin() {
  guarded(file_, "write", [&] { query(file_, "BEGIN IMMEDIATE").run(); });
}

void sqlite_database::commit() {
  guarded(file_, "write", [&] { query(file_, "COMMIT").run(); });
}

void sqlite_database::roll_back() noexcept { file_.roll_back(); }

bool sqlite_database::changed_elsewhere() {
  return guarded(file_, "read", [&] {
    query q(file_, "PRAGMA data_version");
    q.next();
    return std::exchange(version_seen_, q.integer()) != version_seen_;
  });
}

void sqlite_database::checkpoint() noexcept {
  pages_copied_ = pages_;  // whether or not it works: the next one is tried after as many pages again
  sqlite3_wal_checkpoint_v2(file_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

int sqlite_database::pages_in_log() const {
  // A log that was copied whole begins anew.
  return pages_ < pages_copied_ ? pages_ : pages_ - pages_copied_;
}

}  // namespace buildwatch::store

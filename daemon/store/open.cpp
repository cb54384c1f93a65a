// How a store is opened for writing: ground, lock, health, schema, in that order. Nothing is changed before all is
// well.
#include <fmt/format.h>

#include <algorithm>

#include "store/failure.hpp"
#include "store/ground.hpp"
#include "store/schema.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

using namespace std::chrono_literals;

constexpr auto busy = 2s;  // others' transactions are short (`outbox`); a stop must not wait for long

/// A file up to this size is looked through whole at every start (half a second); a bigger one only after an end that
/// was not clean, when a power failure may have torn it: there it is the disk that limits, some 10 s a GB.
constexpr std::uint64_t look_through_below = 256 << 20;

constexpr char const* before_schema = "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY";
// A log that readers have held up is cut down again; deleted rows are overwritten where that costs no write.
constexpr char const* settings =
    "PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = FAST";

std::optional<std::string> unsound(connection& file) {
  std::string found = file.word("PRAGMA quick_check(1)");
  std::ranges::replace(found, '\n', ' ');
  return found == "ok" ? std::nullopt : std::optional(damaged(file.path(), found));
}

/// Makes it today's. An error: it was left as it was.
base::result<void> make_ready(connection& file, bool look_through) {
  file.tidy_at_close(false);
  if (auto why = unfit(file, false)) return base::error{std::move(*why)};
  if (look_through) {
    if (auto why = unsound(file)) return base::error{std::move(*why)};
  }
  file.execute(before_schema);
  std::string const mode = file.word("PRAGMA journal_mode = WAL");
  if (mode != "wal" && mode != "memory") {
    return base::error{
        fmt::format("{} lies on a file system without shared memory, which the store needs; give "
                    "`store` a path on a local one",
                    file.path())};
  }
  migrate(file);
  file.execute(settings);
  return {};
}

base::result<std::unique_ptr<database>> open_file(std::optional<lock_file> lock, store_options const& how,
                                                  bool look_through) {
  std::optional<connection> file;
  try {
    file.emplace(how.path, SQLite::OPEN_READWRITE, busy);
  } catch (SQLite::Exception const& e) {
    return base::error{fmt::format("cannot open {}: {}", how.path, e.what())};
  }
  try {
    auto const ready = make_ready(*file, look_through);
    if (!ready) return ready.error();
    return std::unique_ptr<database>(std::make_unique<sqlite_database>(std::move(lock), std::move(*file), how));
  } catch (SQLite::Exception const& e) {
    return base::error{explain(e, *file, "open").what()};
  }
}

}  // namespace

base::result<std::unique_ptr<database>> database::open(store_options options) {
  if (options.path == ":memory:") return open_file(std::nullopt, options, false);
  options.path = behind_link(options.path);
  if (auto const folder = prepare_folder(options.path, options.make_folders); !folder) return folder.error();
  auto lock = lock_file::take(options.path);
  if (!lock) return lock.error();
  auto const found = look_at(options.path, true);
  if (!found) return found.error();
  if (!found->there) {
    if (auto const created = create_file(options.path); !created) return created.error();
  }
  bool const look_through = found->bytes <= look_through_below || found->log_left;
  return open_file(std::move(*lock), options, look_through);
}

}  // namespace buildwatch::store

// The store's one connection that writes: every operation as a plain function, for one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/store/options.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::store {

/// A sink that an event is owed to, and by which rule.
struct claim {
  std::string sink;
  std::string rule;  ///< "rules[1]", "no rules: every sink"
};

/// A transition with whom it concerns.
struct entry {
  watch::transition what;
  std::vector<claim> owed;
  /// Sinks that are not asked, each with the rules' reason: for `history --events`.
  std::vector<std::pair<std::string, std::string>> not_asked;
};

/// What came of an entry.
struct stored {
  std::shared_ptr<model::event const> event;  ///< with its sequence
  /// The event was stored before, by its id: it keeps its sequence, and nothing is owed anew.
  bool known = false;
  std::vector<notify::created> owed;
};

struct build_name {
  std::string provider;
  std::string job_id;
  std::uint32_t number = 0;
};

/// The builds in the history on both sides of one, of those that passed (success) or failed (failure, unstable).
struct neighbours {
  std::optional<model::previous_build> before;  ///< the one with the highest number below it
  bool overtaken = false;                       ///< there is one with a higher number
};

/// One SQLite database, opened for writing: WAL, synchronous=FULL. Not thread-safe: one thread at a time, not always
/// the same. Times are wall time, in milliseconds.
///
/// Writing operations run between begin() and commit(), several in one transaction (group commit). What throws is a
/// failure of the disk or of the file (SQLite::Exception or std::exception, what() for people): roll_back() then, and
/// nothing was changed.
class database {
 public:
  /// Opens or creates the file (":memory:" for tests), after taking the lock beside it (PATH.lock, with the pid of the
  /// holder), and brings an older schema up to date. Fails where another process has it open (names its pid), the
  /// folder is missing or cannot be written, the file is no database, is damaged, or has a newer schema: the text says
  /// what to do. A damaged file is never changed.
  [[nodiscard]] static base::result<std::unique_ptr<database>> open(store_options options);
  virtual ~database() = default;

  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;

  // Writing.
  virtual std::vector<stored> add(std::vector<entry> const& what) = 0;
  virtual void remember(watch::memory const& what) = 0;
  virtual std::vector<notify::created> record(notify::changes const& what) = 0;
  virtual notify::fallen_back fall_back(notify::overdue const& what) = 0;
  virtual notify::buried bury(notify::burial const& what) = 0;
  /// Writes what changes nothing.
  virtual void touch() = 0;
  /// Deletes some of what retention lets go, a few hundred rows at most; true: there is more. Events to which something
  /// still waits stay.
  virtual bool prune(base::wall_time now) = 0;

  // Reading. No transaction stays open.
  virtual watch::memory known() = 0;
  virtual notify::page read(std::string const& sink, notify::reading order, std::optional<notify::place> after,
                            std::size_t limit) = 0;
  virtual notify::sink_memory memory_of(std::string const& sink) = 0;
  virtual std::vector<std::string> owing() = 0;
  /// See watch::journal::history.
  virtual std::vector<forecast::past_build> history(std::string const& provider, std::string const& job_id) = 0;
  /// One answer a question, in order.
  virtual std::vector<neighbours> around(std::vector<build_name> const& which) = 0;
  /// PRAGMA data_version: whether another connection has changed the file since the last call.
  virtual bool changed_elsewhere() = 0;

  /// Copies what the write-ahead log holds into the file, as far as readers let it. Between transactions. Never throws.
  virtual void checkpoint() noexcept = 0;
  /// Pages in the write-ahead log since the last checkpoint.
  [[nodiscard]] virtual int pages_in_log() const = 0;
  /// What retention keeps from now on (a reload).
  virtual void keep(std::uint32_t builds, base::duration events) = 0;
};

}  // namespace buildwatch::store

#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace buildwatch::store {
namespace {

constexpr std::int64_t application_id = 0x62776463;  // "bwdc"

// Times are milliseconds since 1970 in UTC, durations milliseconds. NULL: unknown or none.
constexpr char const* version_1 = R"sql(
CREATE TABLE jobs (  -- watch::job_memory
  provider TEXT NOT NULL,
  job_id TEXT NOT NULL,
  build INTEGER NOT NULL,
  name TEXT NOT NULL,
  phase TEXT NOT NULL,
  proven INTEGER NOT NULL,
  last_running INTEGER,
  undecided_since INTEGER,
  told INTEGER NOT NULL,
  told_begin INTEGER NOT NULL,
  since INTEGER,
  lasted INTEGER NOT NULL,
  PRIMARY KEY (provider, job_id, build)
) STRICT, WITHOUT ROWID;

CREATE TABLE providers (  -- watch::provider_memory
  name TEXT PRIMARY KEY,
  told INTEGER NOT NULL,
  told_begin INTEGER NOT NULL,
  since INTEGER,
  lasted INTEGER NOT NULL,
  refused_until INTEGER,
  credential INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE builds (  -- history: what has finished
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  provider TEXT NOT NULL,
  job_id TEXT NOT NULL,
  build INTEGER NOT NULL,
  job TEXT NOT NULL,
  building INTEGER NOT NULL,
  outcome TEXT,
  result TEXT NOT NULL,
  region TEXT NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  times_exact INTEGER NOT NULL,
  last_seen_running INTEGER,
  first_seen_finished INTEGER,
  UNIQUE (provider, job_id, build)
) STRICT;

CREATE TABLE texts (  -- what many events say alike, once
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  provider TEXT NOT NULL,
  job_id TEXT,      -- NULL with the next two: an event of the provider
  job TEXT,
  labels TEXT,      -- JSON object
  build INTEGER,    -- NULL with what follows: no event of a build
  building INTEGER,
  outcome TEXT,
  result TEXT,
  region TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  times_exact INTEGER,
  last_seen_running INTEGER,
  first_seen_finished INTEGER,
  change TEXT,
  previous INTEGER,
  previous_outcome TEXT,
  reason TEXT,
  not_asked INTEGER REFERENCES texts (id)  -- JSON array of [sink, reason]
) STRICT;
CREATE INDEX events_by_time ON events (timestamp);
CREATE INDEX events_by_job ON events (provider, job_id);
CREATE INDEX events_by_not_asked ON events (not_asked) WHERE not_asked IS NOT NULL;

CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  event INTEGER NOT NULL REFERENCES events (sequence) ON DELETE CASCADE,
  sink TEXT NOT NULL,
  rule TEXT NOT NULL,
  refused TEXT,  -- of a fallback: "sink oncall: 503 Service Unavailable", who refused the event, and how
  standing TEXT NOT NULL CHECK (standing IN ('waiting', 'delivered', 'dead', 'dropped')),
  added INTEGER NOT NULL,
  due INTEGER NOT NULL,
  at INTEGER,    -- delivered, dead, dropped: when
  tries INTEGER NOT NULL DEFAULT 0,
  in_tries INTEGER NOT NULL DEFAULT 0,
  hit_by_pause INTEGER NOT NULL DEFAULT 0,
  fell_back INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  UNIQUE (event, sink)
) STRICT;
CREATE INDEX waiting_by_due ON deliveries (sink, due) WHERE standing = 'waiting';
CREATE INDEX waiting_by_number ON deliveries (sink, number) WHERE standing = 'waiting';
CREATE INDEX waiting_hit_by_pause ON deliveries (sink) WHERE standing = 'waiting' AND hit_by_pause = 1;
CREATE INDEX waiting_to_fall_back ON deliveries (sink, added) WHERE standing = 'waiting' AND fell_back = 0;
CREATE INDEX undelivered ON deliveries (number) WHERE standing IN ('waiting', 'dead');

CREATE TABLE sinks (  -- notify::sink_memory
  name TEXT PRIMARY KEY,
  paused INTEGER NOT NULL,
  quiet_until INTEGER NOT NULL,
  last_error TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Jobs are followed from build to build: several builds of a job may be under way, and those that had ended before it
// was watched are in the history. The first poll that saw a build running was when its build.started was made.
constexpr char const* version_2 = R"sql(
CREATE TABLE under_way (  -- watch::build_memory, of the job that is watched as `watched` says
  provider TEXT NOT NULL,
  job_id TEXT NOT NULL,
  watched INTEGER NOT NULL,  -- jobs.build
  number INTEGER NOT NULL,
  running INTEGER NOT NULL,
  overdue INTEGER NOT NULL,
  started_at INTEGER,
  first_running INTEGER,
  last_running INTEGER,
  undecided_since INTEGER,
  PRIMARY KEY (provider, job_id, watched, number)
) STRICT, WITHOUT ROWID;
INSERT INTO under_way
  SELECT provider, job_id, build, build, phase = 'running', 0, NULL,
    (SELECT min(timestamp) FROM events WHERE events.provider = jobs.provider AND events.job_id = jobs.job_id
      AND events.build = jobs.build AND type = 'build.started'), last_running, undecided_since
  FROM jobs
  WHERE phase = 'running' OR phase = 'waiting' AND (last_running IS NOT NULL OR undecided_since IS NOT NULL);

CREATE TABLE jobs_2 (  -- watch::job_memory
  provider TEXT NOT NULL,
  job_id TEXT NOT NULL,
  build INTEGER NOT NULL,  -- 0: followed from build to build
  name TEXT NOT NULL,
  done INTEGER NOT NULL,
  proven INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  newest INTEGER NOT NULL,
  newest_refused INTEGER,  -- until when each call is not made
  list_refused INTEGER,
  record_refused INTEGER,
  told INTEGER NOT NULL,
  told_begin INTEGER NOT NULL,
  since INTEGER,
  lasted INTEGER NOT NULL,
  PRIMARY KEY (provider, job_id, build)
) STRICT, WITHOUT ROWID;
INSERT INTO jobs_2
  SELECT provider, job_id, build, name, phase IN ('finished', 'let_go'), proven, 0, 0, 0, NULL, NULL, NULL,
    told, told_begin, since, lasted
  FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_2 RENAME TO jobs;

ALTER TABLE builds ADD COLUMN source_branch TEXT;  -- model::build_source; all NULL: none is known
ALTER TABLE builds ADD COLUMN source_commit TEXT;
ALTER TABLE builds ADD COLUMN source_trigger TEXT;
ALTER TABLE builds ADD COLUMN source_url TEXT;
ALTER TABLE builds ADD COLUMN first_seen_running INTEGER;
UPDATE builds SET first_seen_running =
  (SELECT min(timestamp) FROM events WHERE events.provider = builds.provider AND events.job_id = builds.job_id
    AND events.build = builds.build AND type = 'build.started');

ALTER TABLE events ADD COLUMN source_branch TEXT;
ALTER TABLE events ADD COLUMN source_commit TEXT;
ALTER TABLE events ADD COLUMN source_trigger TEXT;
ALTER TABLE events ADD COLUMN source_url TEXT;
ALTER TABLE events ADD COLUMN first_seen_running INTEGER;
)sql";

// Step n leads from version n to n + 1. A step that a release has taken never changes: files out there have it behind
// them.
constexpr std::array steps{version_1, version_2};

}  // namespace

int schema_version() { return static_cast<int>(steps.size()); }

kinship kin(connection& file) {
  std::int64_t const id = file.number("PRAGMA application_id");
  if (id == application_id) return kinship::ours;
  bool const bare = file.number("SELECT count(*) FROM sqlite_schema") == 0;
  return bare && id == 0 && version_of(file) == 0 ? kinship::empty : kinship::foreign;
}

int version_of(connection& file) { return static_cast<int>(file.number("PRAGMA user_version")); }

void migrate(connection& file) {
  int const found = version_of(file);
  if (found == schema_version()) return;
  file.execute("BEGIN IMMEDIATE");
  try {
    for (int version = found; version < schema_version(); ++version) {
      file.execute(steps[static_cast<std::size_t>(version)]);
    }
    file.execute(fmt::format("PRAGMA application_id = {}", application_id).c_str());
    file.execute(fmt::format("PRAGMA user_version = {}", schema_version()).c_str());
    file.execute("COMMIT");
  } catch (SQLite::Exception const&) {
    file.roll_back();
    throw;
  }
}

std::optional<std::string> unfit(connection& file, bool exactly) {
  if (kin(file) == kinship::foreign) {
    return fmt::format("{} is a database of another program; give `store` another path", file.path());
  }
  int const version = version_of(file);
  if (version > schema_version()) {
    return fmt::format(
        "{} has schema version {}, and this buildwatchd knows {} and older: use the newer buildwatchd that wrote it, "
        "or restore a backup made before it did",
        file.path(), version, schema_version());
  }
  if (exactly && version < schema_version()) {
    return fmt::format(
        "{} has schema version {}, and this command needs {}: start the daemon once, it brings it up to "
        "date",
        file.path(), version, schema_version());
  }
  return std::nullopt;
}

}  // namespace buildwatch::store

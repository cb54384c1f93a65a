// What is let go, a few rows at a time.
#include <fmt/format.h>

#include "store/failure.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

constexpr std::size_t most_rows = 300;  // of each kind and call
constexpr std::size_t most_jobs = 100;
constexpr std::size_t most_grown = 10'000;  // a MiB and a half

}  // namespace

/// The version is written as it is: a page of the log, and a wait for the disk.
void sqlite_database::touch() {
  guarded(file_, "write", [&] {
    std::int64_t const version = file_.number("PRAGMA user_version");
    file_.execute(fmt::format("PRAGMA user_version = {}", version).c_str());
  });
}

bool sqlite_database::prune(base::wall_time now) {
  return guarded(file_, "write", [&] {
    bool const old = prune_old(now);
    bool const many = prune_many();
    bool const builds = prune_builds();
    return old || many || builds;
  });
}

/// Events by age. Those to which something waits are passed over, and looked at again in the next round.
bool sqlite_database::prune_old(base::wall_time now) {
  std::vector<std::pair<std::uint64_t, std::optional<std::int64_t>>> gone;
  {
    query q(file_,
            "SELECT sequence, timestamp, not_asked FROM events WHERE timestamp < ? AND (timestamp, sequence) > (?, ?) "
            "ORDER BY timestamp, sequence LIMIT ?");
    q.with(now - std::chrono::floor<std::chrono::milliseconds>(events_kept_), old_seen_.first, old_seen_.second,
           most_rows);
    while (q.next()) {
      auto const sequence = q.number();
      old_seen_ = {q.time(), sequence};
      gone.emplace_back(sequence, q.holds() ? std::optional(q.integer()) : std::nullopt);
    }
  }
  let_go(gone);
  if (gone.size() == most_rows) return true;
  old_seen_ = {};
  return false;
}

/// Events by number, as sequences have next to no gaps.
bool sqlite_database::prune_many() {
  std::vector<std::pair<std::uint64_t, std::optional<std::int64_t>>> gone;
  {
    query q(file_,
            "SELECT sequence, not_asked FROM events WHERE sequence > ? AND sequence <= (SELECT max(sequence) FROM "
            "events) - ? ORDER BY sequence LIMIT ?");
    q.with(many_seen_, most_events, most_rows);
    while (q.next()) {
      many_seen_ = q.number();
      gone.emplace_back(many_seen_, q.holds() ? std::optional(q.integer()) : std::nullopt);
    }
  }
  let_go(gone);
  if (gone.size() == most_rows) return true;
  many_seen_ = 0;
  return false;
}

/// With their receipts; none to which something still waits. Texts go with the last event that says them.
void sqlite_database::let_go(std::vector<std::pair<std::uint64_t, std::optional<std::int64_t>>> const& events) {
  std::set<std::int64_t> texts;
  for (auto const& [sequence, text] : events) {
    query(file_,
          "DELETE FROM events WHERE sequence = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = ?1 AND "
          "standing = 'waiting')")
        .with(sequence)
        .run();
    if (text && file_.changes() > 0) texts.insert(*text);
  }
  for (std::int64_t const text : texts) {
    query(file_, "DELETE FROM texts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE not_asked = ?1)")
        .with(text)
        .run();
  }
}

/// Where too many have grown since the last time to remember each, all are looked at.
void sqlite_database::has_grown(std::string const& provider, std::string const& job_id) {
  grown_.emplace(provider, job_id);
  if (grown_.size() < most_grown) return;
  grown_.clear();
  tour_.emplace();
}

bool sqlite_database::prune_builds() {
  for (job_key const& job : jobs_to_thin()) {
    query(file_,
          "DELETE FROM builds WHERE place IN (SELECT place FROM builds WHERE provider = ? AND job_id = ? ORDER BY "
          "build DESC LIMIT ? OFFSET ?)")
        .with(job.first, job.second, most_rows, builds_kept_)
        .run();
    if (static_cast<std::size_t>(file_.changes()) < most_rows) continue;
    grown_.insert(job);  // there may be more
    return true;
  }
  return tour_ || !grown_.empty();
}

/// Those that have grown since, and some more of the tour of all.
std::vector<sqlite_database::job_key> sqlite_database::jobs_to_thin() {
  std::vector<job_key> jobs;
  while (!grown_.empty() && jobs.size() < most_jobs) jobs.push_back(grown_.extract(grown_.begin()).value());
  while (tour_ && jobs.size() < most_jobs) {
    query q(file_,
            "SELECT provider, job_id FROM builds WHERE (provider, job_id) > (?, ?) ORDER BY provider, job_id LIMIT 1");
    if (!q.with(tour_->first, tour_->second).next()) {
      tour_.reset();
      break;
    }
    tour_->first = q.text();
    tour_->second = q.text();
    jobs.push_back(*tour_);
  }
  return jobs;
}

void sqlite_database::keep(std::uint32_t builds, base::duration events) {
  if (builds != builds_kept_) tour_.emplace();
  builds_kept_ = builds;
  events_kept_ = events;
}

}  // namespace buildwatch::store

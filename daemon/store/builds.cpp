// The history: builds that have finished, told by events or not.
#include <fmt/format.h>

#include <chrono>

#include "buildwatch/track/build.hpp"
#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

std::string insert_or(std::string_view otherwise) {
  return fmt::format("INSERT INTO builds (provider, job_id, job, {0}) VALUES (?, ?, ?, {1}) ON CONFLICT {2}",
                     build_columns, marks(build_columns, 0), otherwise);
}

/// An event's build takes the place of one that no event told of. What the provider's record said of its times and its
/// source is kept where the event does not know it.
constexpr std::string_view take_the_place =
    "(provider, job_id, build) DO UPDATE SET job = excluded.job, building = excluded.building, "
    "outcome = excluded.outcome, result = excluded.result, region = excluded.region, "
    "started_at = iif(times_exact > excluded.times_exact, started_at, coalesce(excluded.started_at, started_at)), "
    "finished_at = iif(times_exact > excluded.times_exact, finished_at, excluded.finished_at), "
    "times_exact = max(times_exact, excluded.times_exact), last_seen_running = excluded.last_seen_running, "
    "first_seen_finished = excluded.first_seen_finished, "
    "source_branch = coalesce(excluded.source_branch, source_branch), "
    "source_commit = coalesce(excluded.source_commit, source_commit), "
    "source_trigger = coalesce(excluded.source_trigger, source_trigger), "
    "source_url = coalesce(excluded.source_url, source_url), "
    "first_seen_running = coalesce(excluded.first_seen_running, first_seen_running)";

/// A build that is there stays as it is, but where nobody saw when it ended: there the record's times are believed, as
/// far as polling does not contradict them.
std::string const& complete_the_times() {
  static std::string const sql = fmt::format(
      "(provider, job_id, build) DO UPDATE SET started_at = excluded.started_at, finished_at = excluded.finished_at, "
      "times_exact = 1, source_branch = coalesce(source_branch, excluded.source_branch), "
      "source_commit = coalesce(source_commit, excluded.source_commit), "
      "source_trigger = coalesce(source_trigger, excluded.source_trigger), "
      "source_url = coalesce(source_url, excluded.source_url) "
      "WHERE finished_at IS NULL AND excluded.times_exact AND "
      "(first_seen_finished IS NULL OR excluded.finished_at <= first_seen_finished + {})",
      std::chrono::duration_cast<std::chrono::milliseconds>(track::belief).count());
  return sql;
}

}  // namespace

void sqlite_database::add_build(model::event const& e) {
  if (!e.job || !e.build) return;
  static std::string const sql = insert_or(take_the_place);
  query q(file_, sql);
  q.with(e.provider, e.job->job_id, e.job->name);
  bind_build(q, *e.build);
  q.run();
  has_grown(e.provider, e.job->job_id);
}

void sqlite_database::remember_builds(std::vector<watch::old_build> const& what) {
  static std::string const sql = insert_or(complete_the_times());
  for (watch::old_build const& o : what) {
    query q(file_, sql);
    q.with(o.provider, o.job_id, o.job);
    bind_build(q, o.build);
    q.run();
    has_grown(o.provider, o.job_id);
  }
}

std::vector<forecast::past_build> sqlite_database::history(std::string const& provider, std::string const& job_id) {
  return guarded(file_, "read", [&] {
    static std::string const sql = fmt::format(
        "SELECT {} FROM builds WHERE provider = ? AND job_id = ? AND building = 0 ORDER BY build DESC", past_columns);
    std::vector<forecast::past_build> all;
    query q(file_, sql);
    q.with(provider, job_id);
    while (all.size() < forecast::most_past_builds && q.next()) {
      if (auto const past = read_past(q)) all.push_back(*past);
    }
    return all;
  });
}

std::vector<neighbours> sqlite_database::around(std::vector<build_name> const& which) {
  return guarded(file_, "read", [&] {
    std::vector<neighbours> all;
    all.reserve(which.size());
    for (build_name const& name : which) all.push_back(around(name));
    return all;
  });
}

neighbours sqlite_database::around(build_name const& which) {
  neighbours n;
  query below(file_,
              "SELECT build, outcome FROM builds WHERE provider = ? AND job_id = ? AND build < ? AND outcome IN "
              "('success', 'failure', 'unstable') ORDER BY build DESC LIMIT 1");
  if (below.with(which.provider, which.job_id, which.number).next()) n.before = read_previous(below);
  query above(file_,
              "SELECT 1 FROM builds WHERE provider = ? AND job_id = ? AND build > ? AND outcome IN "
              "('success', 'failure', 'unstable') ORDER BY build LIMIT 1");
  n.overtaken = above.with(which.provider, which.job_id, which.number).next();
  return n;
}

}  // namespace buildwatch::store

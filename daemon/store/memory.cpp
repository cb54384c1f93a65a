// What is known of jobs, providers and sinks.
#include <tuple>

#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

watch::job_memory read_job(query& q) {
  watch::job_memory j;
  j.provider = q.text();
  j.job_id = q.text();
  j.build = q.small();
  j.name = q.text();
  j.done = q.flag();
  j.proven = q.flag();
  j.begun = q.flag();
  j.listed = q.flag();
  j.newest = q.small();
  for (auto& until : j.refused) until = q.maybe_time();
  j.reach = read_reach(q);
  return j;
}

watch::build_memory read_build_under_way(query& q) {
  watch::build_memory b;
  b.number = q.small();
  b.running = q.flag();
  b.overdue = q.flag();
  b.started_at = q.maybe_time();
  b.first_running = q.maybe_time();
  b.last_running = q.maybe_time();
  b.undecided_since = q.maybe_time();
  return b;
}

auto key_of(watch::job_memory const& j) { return std::tie(j.provider, j.job_id, j.build); }

watch::provider_memory read_provider(query& q) {
  watch::provider_memory p;
  p.name = q.text();
  p.reach = read_reach(q);
  p.refused_until = q.maybe_time();
  p.credential = q.small();
  return p;
}

}  // namespace

void sqlite_database::remember(watch::memory const& what) {
  guarded(file_, "write", [&] {
    for (watch::job_memory const& j : what.jobs) remember_job(j);
    for (watch::provider_memory const& p : what.providers) remember_provider(p);
    remember_builds(what.builds);
  });
}

void sqlite_database::remember_job(watch::job_memory const& j) {
  static_assert(watch::extra_calls == 3, "a column each");
  query q(file_,
          "INSERT OR REPLACE INTO jobs (provider, job_id, build, name, done, proven, begun, listed, newest, "
          "newest_refused, list_refused, record_refused, told, told_begin, since, lasted) VALUES (?, ?, ?, ?, ?, ?, ?, "
          "?, ?, ?, ?, ?, ?, ?, ?, ?)");
  q.with(j.provider, j.job_id, j.build, j.name, j.done, j.proven, j.begun, j.listed, j.newest);
  for (auto const& until : j.refused) q.with(until);
  bind_reach(q, j.reach);
  q.run();
  remember_under_way(j);
}

/// Those that were there and are no longer have ended.
void sqlite_database::remember_under_way(watch::job_memory const& j) {
  query(file_, "DELETE FROM under_way WHERE provider = ? AND job_id = ? AND watched = ?")
      .with(j.provider, j.job_id, j.build)
      .run();
  for (watch::build_memory const& b : j.builds) {
    query q(file_,
            "INSERT OR REPLACE INTO under_way (provider, job_id, watched, number, running, overdue, started_at, "
            "first_running, last_running, undecided_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    q.with(j.provider, j.job_id, j.build, b.number, b.running, b.overdue, b.started_at, b.first_running, b.last_running,
           b.undecided_since);
    q.run();
  }
}

void sqlite_database::remember_provider(watch::provider_memory const& p) {
  query q(file_,
          "INSERT OR REPLACE INTO providers (name, told, told_begin, since, lasted, refused_until, credential) VALUES "
          "(?, ?, ?, ?, ?, ?, ?)");
  q.with(p.name);
  bind_reach(q, p.reach);
  q.with(p.refused_until, p.credential).run();
}

watch::memory sqlite_database::known() {
  return guarded(file_, "read", [&] {
    watch::memory all;
    query jobs(file_,
               "SELECT provider, job_id, build, name, done, proven, begun, listed, newest, newest_refused, "
               "list_refused, record_refused, told, told_begin, since, lasted FROM jobs ORDER BY provider, job_id, "
               "build");
    while (jobs.next()) all.jobs.push_back(read_job(jobs));
    read_under_way(all.jobs);
    query providers(file_, "SELECT name, told, told_begin, since, lasted, refused_until, credential FROM providers");
    while (providers.next()) all.providers.push_back(read_provider(providers));
    return all;
  });
}

/// Into `jobs`, which are in the order of their keys.
void sqlite_database::read_under_way(std::vector<watch::job_memory>& jobs) {
  query q(file_,
          "SELECT provider, job_id, watched, number, running, overdue, started_at, first_running, last_running, "
          "undecided_since FROM under_way ORDER BY provider, job_id, watched, number");
  auto job = jobs.begin();
  while (q.next()) {
    watch::job_memory of;
    of.provider = q.text();
    of.job_id = q.text();
    of.build = q.small();
    while (job != jobs.end() && key_of(*job) < key_of(of)) ++job;
    if (job == jobs.end()) return;
    if (key_of(*job) == key_of(of)) job->builds.push_back(read_build_under_way(q));
  }
}

notify::sink_memory sqlite_database::memory_of(std::string const& sink) {
  return guarded(file_, "read", [&] {
    notify::sink_memory m;
    query q(file_, "SELECT paused, quiet_until, last_error FROM sinks WHERE name = ?");
    if (!q.with(sink).next()) return m;
    m.paused = q.flag();
    m.quiet_until = q.time();
    m.last_error = q.text();
    return m;
  });
}

void sqlite_database::remember_sink(std::string const& sink, notify::sink_memory const& m) {
  query(file_, "INSERT OR REPLACE INTO sinks (name, paused, quiet_until, last_error) VALUES (?, ?, ?, ?)")
      .with(sink, m.paused, m.quiet_until, m.last_error)
      .run();
}

}  // namespace buildwatch::store

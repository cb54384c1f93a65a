// What is known of jobs, providers and sinks.
#include "store/failure.hpp"
#include "store/rows.hpp"
#include "store/sqlite_database.hpp"

namespace buildwatch::store {
namespace {

using track::build_phase;

std::string_view to_string(build_phase p) {
  switch (p) {
    case build_phase::waiting: return "waiting";
    case build_phase::running: return "running";
    case build_phase::finished: return "finished";
    case build_phase::let_go: return "let_go";
  }
  return "";
}

build_phase phase_named(std::string const& word) {
  for (build_phase const p : {build_phase::running, build_phase::finished, build_phase::let_go}) {
    if (to_string(p) == word) return p;
  }
  return build_phase::waiting;
}

watch::job_memory read_job(query& q) {
  watch::job_memory j;
  j.provider = q.text();
  j.job_id = q.text();
  j.build = q.small();
  j.name = q.text();
  j.phase = phase_named(q.text());
  j.proven = q.flag();
  j.last_running = q.maybe_time();
  j.undecided_since = q.maybe_time();
  j.reach = read_reach(q);
  return j;
}

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
  });
}

void sqlite_database::remember_job(watch::job_memory const& j) {
  query q(file_,
          "INSERT OR REPLACE INTO jobs (provider, job_id, build, name, phase, proven, last_running, undecided_since, "
          "told, told_begin, since, lasted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  q.with(j.provider, j.job_id, j.build, j.name, to_string(j.phase), j.proven, j.last_running, j.undecided_since);
  bind_reach(q, j.reach);
  q.run();
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
               "SELECT provider, job_id, build, name, phase, proven, last_running, undecided_since, told, told_begin, "
               "since, lasted FROM jobs");
    while (jobs.next()) all.jobs.push_back(read_job(jobs));
    query providers(file_, "SELECT name, told, told_begin, since, lasted, refused_until, credential FROM providers");
    while (providers.next()) all.providers.push_back(read_provider(providers));
    return all;
  });
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

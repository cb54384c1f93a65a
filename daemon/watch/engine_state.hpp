// The engine's inside: its data, and its work in five files (engine, engine_answers, engine_outages, engine_commits,
// engine_log).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "buildwatch/watch/engine.hpp"
#include "watch/job_state.hpp"
#include "watch/provider_state.hpp"

namespace buildwatch::watch {

/// Stands for "none of the jobs".
inline constexpr job_index no_job = static_cast<job_index>(-1);

/// A transition of a build, with its event made, that the journal has yet to store.
struct build_transition {
  track::build_phase phase = track::build_phase::waiting;
  model::event event;
};

/// What a token stands for.
struct pending_commit {
  enum class kind : std::uint8_t { build, job_reach, provider_reach };
  kind what = kind::build;
  std::uint32_t index = 0;  ///< of the job, or of the provider
  track::build_phase phase = track::build_phase::waiting;
  std::optional<build_transition> then;  ///< found by the same answer: committed after this one
};

struct engine::state {
  state(options given, base::instant now);

  options what;
  std::vector<job_state> jobs;
  std::vector<provider_state> providers;
  std::unordered_map<std::uint64_t, pending_commit> pending;
  std::uint64_t next_token = 1;
  base::duration grid{};  ///< next_due() is rounded up to multiples of this; zero: not at all
  base::time_point last_now = base::time_point::min();
  base::time_point complained_at = track::never;  ///< about the journal
  bool stopped = false;

  // engine.cpp: time and turns
  void tick(provider_index which, base::instant now, commands& out);
  void dispatch(provider_index which, base::instant now, commands& out);
  void enqueue(job_index job);
  void place(job_index job, base::duration delay, base::time_point sent, base::time_point now);
  void resume(job_index job);
  [[nodiscard]] base::time_point wake_of(provider_state const& p) const;
  [[nodiscard]] base::duration interval_of(job_index job) const;
  [[nodiscard]] provider_state& provider_of(job_index job) { return providers[what.jobs[job].provider]; }

  // engine_answers.cpp: what an answer means
  void take(answered const& in, asks asked, base::instant now, commands& out);
  void told_to_exist(answered const& in, base::instant now, commands& out);
  void poll_good(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                 commands& out);
  void poll_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                   commands& out);
  void not_found(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                 commands& out);
  void place_after_failure(job_index job, base::time_point sent, base::time_point now);

  // engine_outages.cpp: clocks, deadlines, whose outage it is
  trouble& begin_trouble(job_index job, base::instant now);
  track::notice end_trouble(job_index job, base::instant now, commands& out);
  void set_failing(job_index job, bool failing);
  void provider_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                       commands& out);
  void provider_heard(job_index job, base::time_point sent, base::instant now, commands& out);
  void start_clocks_anew(provider_state& p, job_index but, base::time_point now);
  void release_deferred(provider_state& p, job_index but, base::time_point now);
  /// No job of it was answered well and is not yet due again. A provider that hangs lets few polls end: jobs never
  /// answered, and those whose polls are overdue too, are no sign of its health.
  [[nodiscard]] bool none_is_well(provider_state const& p, base::time_point now) const;
  [[nodiscard]] bool each_failed_twice(provider_state const& p) const;
  [[nodiscard]] bool overdue(provider_state const& p, base::time_point now) const;
  /// Its recovery could not be stored. Told again by time: all its jobs may be done, and nothing asked any more.
  [[nodiscard]] static bool owes_recovery(provider_state const& p) {
    return p.reach.told == track::told::unreachable && !p.reach.failing() && p.retell_at != track::never;
  }
  [[nodiscard]] base::time_point deadline_of(job_index job) const;
  /// True: an event of the job itself is on its way, and the job is held.
  bool decide(job_index job, base::instant now, commands& out);
  void tell_of_provider(provider_index which, bool overdue, std::string_view reason, base::instant now, commands& out);
  void run_deadlines(provider_index which, base::instant now, commands& out);
  void run_deadline(job_index job, base::instant now, commands& out);

  // engine_commits.cpp: events and what becomes of them
  [[nodiscard]] model::event event_of_job(job_index job, model::event_type type, std::int64_t discriminator,
                                          base::instant now) const;
  void commit_build(job_index job, build_transition transition, commands& out);
  void commit_reach(job_index job, track::notice notice, std::optional<build_transition> then, base::instant now,
                    commands& out);
  void commit_provider(provider_index which, track::notice notice, std::string_view reason, base::instant now,
                       commands& out);
  void settle(pending_commit& commit, committed const& in, base::instant now, commands& out);
  void settle_job_reach(pending_commit& commit, bool stored, base::instant now, commands& out);
  void settle_provider_reach(provider_index which, bool stored, base::instant now, commands& out);

  // engine_log.cpp: texts
  void log_job(job_index job, base::log_level level, std::string_view id, std::string text, commands& out) const;
  void log_provider(provider_index which, base::log_level level, std::string_view id, std::string text,
                    commands& out) const;
  void log_failure(job_index job, bool news, base::time_point now, commands& out);
  void log_gate(job_index job, model::observation const& seen, base::time_point now, commands& out) const;
  void log_journal(committed const& in, base::time_point now, commands& out);
};

}  // namespace buildwatch::watch

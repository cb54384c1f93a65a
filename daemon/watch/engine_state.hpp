// The engine's inside: its data, and its work in eight files (engine, engine_begin, engine_reload, engine_answers,
// engine_outages, engine_commits, engine_memory, engine_log).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "buildwatch/watch/engine.hpp"
#include "watch/directory.hpp"
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

/// What goes to the journal: what is known with a transition once that is stored, or without those that are under way.
enum class sending : std::uint8_t { transition, alone };

/// What a token stands for.
struct pending_commit {
  enum class kind : std::uint8_t { build, job_reach, provider_reach };
  kind what = kind::build;
  std::uint32_t index = 0;  ///< of the job, or of the provider
  track::build_phase phase = track::build_phase::waiting;
  std::optional<build_transition> then;  ///< found by the same answer: committed after this one
};

struct engine::state {
  explicit state(options given);

  options what;
  std::vector<job_state> jobs;
  std::vector<provider_state> providers;
  std::unordered_map<std::uint64_t, pending_commit> pending;
  std::uint64_t next_token = 1;
  base::duration grid{};  ///< next_due() is rounded up to multiples of this; zero: not at all
  base::time_point last_now = base::time_point::min();
  base::time_point complained_at = track::never;  ///< about the journal
  bool stopped = false;
  std::vector<job_index> unsaved;       ///< jobs of which the journal has not got everything, and some it has by now
  std::vector<job_index> handed_out;    ///< by the last changed(), and not in `unsaved` any more
  std::vector<base::log_event> to_say;  ///< with the next tick

  // engine.cpp: time and turns
  void tick(provider_index which, base::instant now, commands& out);
  void dispatch(provider_index which, base::instant now, commands& out);
  void enqueue(job_index job);
  void place(job_index job, base::duration delay, base::time_point sent, base::time_point now);
  void resume(job_index job);
  [[nodiscard]] base::time_point wake_of(provider_state const& p) const;
  [[nodiscard]] base::duration interval_of(job_index job) const;
  [[nodiscard]] provider_state& provider_of(job_index job) { return providers[what.jobs[job].provider]; }

  // engine_begin.cpp: what is known from before, the first polls
  void begin(directory const& names, memory const& known, std::vector<bool> const& kept, base::instant now);
  void recall(directory const& names, memory const& known, std::vector<bool> const& kept, base::instant now);
  void recall_job(job_index job, job_memory const& known, base::instant now);
  void recall_provider(provider_index which, provider_memory const& known, base::instant now);
  void count_job(job_index job);
  static void nobody_to_watch(provider_state& p, base::time_point now);
  void spread_first_polls(std::vector<bool> const& kept, base::time_point now);
  void fill_queues();

  // engine_reload.cpp: other settings
  reindexed take_over(state& before, directory const& names, base::instant now, commands& out);
  void take_provider(provider_index which, provider_options const& had, provider_state& before, base::instant now,
                     commands& out);
  void take_job(job_index job, job_options const& had, base::duration interval, base::time_point now);
  void take_pending(state& before, reindexed const& moved);
  void ask_refused_again(provider_index which, base::time_point now);

  // engine_memory.cpp: what outlives a restart
  [[nodiscard]] job_memory memory_of(job_index job, sending what_for, base::instant now) const;
  [[nodiscard]] provider_memory memory_of(provider_state const& p, provider_index which, sending what_for,
                                          base::instant now) const;
  [[nodiscard]] bool clock_runs(job_index job) const;
  void mark(job_index job);
  memory changed(base::instant now, std::size_t most);
  void collect_providers(memory& into, base::instant now);
  void unremembered();

  // engine_answers.cpp: what an answer means
  void take(answered const& in, asks asked, base::instant now, commands& out);
  void prove(job_index job);
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
  /// `good`: what was answered is good news of the job itself, too.
  void provider_heard(job_index job, bool good, base::time_point sent, base::instant now, commands& out);
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
  transition held_by(job_index job, model::event event, base::instant now);
  void commit_build(job_index job, build_transition found, base::instant now, commands& out);
  void commit_reach(job_index job, track::notice notice, std::optional<build_transition> then, base::instant now,
                    commands& out);
  void commit_provider(provider_index which, track::notice notice, std::string_view reason, base::instant now,
                       commands& out);
  void settle(pending_commit& commit, committed const& in, base::instant now, commands& out);
  void settle_job_reach(pending_commit& commit, bool stored, base::instant now, commands& out);
  void settle_provider_reach(provider_index which, bool stored, base::instant now, commands& out);

  // engine_log.cpp: texts
  void say(commands& out);
  void log_job(job_index job, base::log_level level, std::string_view id, std::string text, commands& out) const;
  void log_provider(provider_index which, base::log_level level, std::string_view id, std::string text,
                    commands& out) const;
  void log_other_credential(provider_index which, commands& out) const;
  void log_failure(job_index job, bool news, base::time_point now, commands& out);
  void log_gate(job_index job, model::observation const& seen, base::time_point now, commands& out) const;
  void log_journal(committed const& in, base::time_point now, commands& out);
};

}  // namespace buildwatch::watch

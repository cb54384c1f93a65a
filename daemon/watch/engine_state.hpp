// The engine's inside: its data, and its work in fifteen files (engine, engine_turns, engine_share, engine_begin,
// engine_reload, engine_answers, engine_failures, engine_builds, engine_look, engine_news, engine_outages,
// engine_commits, engine_memory, engine_standing, engine_log).
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
  std::uint32_t number = 0;
  track::build_phase phase = track::build_phase::waiting;
  bool overdue = false;  ///< build.overdue: the phase stays
  model::event event;
};

/// What goes to the journal: what is known with a transition once that is stored, or without those that are under way.
enum class sending : std::uint8_t { transition, alone };

/// What a token stands for.
struct pending_commit {
  enum class kind : std::uint8_t { build, job_reach, provider_reach, note, recall };
  kind what = kind::build;
  std::uint32_t index = 0;   ///< of the job, or of the provider
  std::uint32_t number = 0;  ///< of the build
  track::build_phase phase = track::build_phase::waiting;
  bool overdue = false;
  std::uint32_t newest = 0;              ///< note: of the job, once it is stored
  bool baseline = false;                 ///< note: it begins to be followed with that
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
  void send(job_index job, base::time_point due, base::time_point now, commands& out);
  void enqueue(job_index job);
  void resume(job_index job);
  void count(answered const& in, base::time_point now);
  [[nodiscard]] base::time_point wake_of(provider_state const& p) const;
  [[nodiscard]] provider_state& provider_of(job_index job) { return providers[what.jobs[job].provider]; }
  [[nodiscard]] bool followed(job_index job) const { return what.jobs[job].build == 0; }

  // engine_turns.cpp: what a job asks for next, and when
  /// The question that is to be asked next, and about which build.
  struct turn {
    errand_kind kind = errand_kind::look;
    std::uint32_t build = 0;
    base::time_point due = base::time_point::max();
  };
  [[nodiscard]] turn next_turn(job_index job) const;
  [[nodiscard]] turn next_inquiry(job_index job) const;
  [[nodiscard]] watch::query query_of(job_index job, turn const& what_for) const;
  /// The job's shorter interval while a build of it is under way, else the longer.
  [[nodiscard]] base::duration interval_of(job_index job) const;
  [[nodiscard]] base::duration interval_of(job_index job, watched_build const& b) const;
  [[nodiscard]] bool under_way(job_index job) const;
  /// Places the next look, or the next poll of a build: that `delay` after `sent` which is nearest on its grid.
  void place_look(job_index job, base::duration delay, base::time_point sent, base::time_point now);
  void place_poll(job_index job, watched_build& b, base::time_point sent, base::instant now);
  void place_again(job_index job, base::duration delay, base::time_point sent, base::time_point now);

  // engine_begin.cpp: what is known from before, the first polls
  void begin(directory const& names, memory const& known, std::vector<bool> const& kept, base::instant now);
  void recall(directory const& names, memory const& known, std::vector<bool> const& kept, base::instant now);
  void recall_job(job_index job, job_memory const& known, base::instant now);
  void recall_build(job_index job, build_memory const& known, base::instant now);
  void recall_provider(provider_index which, provider_memory const& known, base::instant now);
  void count_job(job_index job);
  static void nobody_to_watch(provider_state& p, base::time_point now);
  void spread_first_polls(std::vector<bool> const& kept, base::time_point now);
  void place_first(job_index job, base::time_point when);
  void fill_queues();

  // engine_reload.cpp: other settings
  reindexed take_over(state& before, directory const& names, base::instant now, commands& out);
  void take_provider(provider_index which, provider_options const& had, provider_state& before, base::instant now,
                     commands& out);
  void take_job(job_index job, job_options const& had, base::instant now);
  void take_times(job_index job, timing const& had, base::instant now);
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

  // engine_share.cpp: who goes first where tokens are scarce
  [[nodiscard]] double worth(job_index job, base::instant now) const;
  void learn(job_index job, model::build const& b, base::time_point now);
  std::size_t choose(provider_state& p, base::instant now);

  // engine_answers.cpp: what an answer means for the job
  void take(answered const& in, base::instant now, commands& out);
  void take_look(answered const& in, base::instant now, commands& out);
  void take_existence(answered const& in, base::instant now, commands& out);
  void take_poll(answered const& in, base::instant now, commands& out);
  void proceed(job_index job, track::notice notice, std::optional<build_transition> found, base::instant now,
               commands& out);
  void out_of_place(job_index job, base::time_point sent, base::instant now, commands& out);
  void prove(job_index job);

  // engine_failures.cpp: which questions of a job fail, and when they are asked again
  [[nodiscard]] std::uint8_t* failures_of(job_index job);
  [[nodiscard]] bool still_failing(job_index job) const;
  void forget_failures(job_index job);
  void suspect_all(job_index job);
  track::notice answered_well(job_index job, base::instant now, commands& out);
  track::notice recovered(job_index job, base::instant now, commands& out);
  void poll_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                   commands& out);
  void not_found(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                 commands& out);
  bool give_up(job_index job, std::uint32_t build, base::instant now, commands& out);
  std::uint32_t place_after_failure(job_index job, base::time_point sent, base::time_point now);
  [[nodiscard]] bool decides_at(job_index job, base::time_point now) const;
  bool back_off(job_index job, base::time_point sent, base::time_point now);
  void postpone(job_index job, base::duration delay, bool alone, base::time_point sent, base::time_point now);

  // engine_builds.cpp: what an answer means for a build
  std::optional<build_transition> see_build(job_index job, watched_build& b, model::observation const& seen,
                                            base::time_point sent, base::instant at, commands& out);
  std::optional<build_transition> ended(job_index job, std::uint32_t number, track::build_step const& step,
                                        model::observation const& seen, base::instant at);
  build_transition told(job_index job, ending const& e, model::build_record const* record);
  void finish(job_index job, model::build_record const* record, base::instant now, commands& out);
  void take_record(answered const& in, base::instant now, commands& out);
  void let_go(job_index job, watched_build& b, std::string_view why, commands& out);
  [[nodiscard]] std::optional<build_transition> overdue(job_index job, watched_build const& b,
                                                        model::observation const& seen, base::instant now) const;
  void ask_lengths(job_index job, commands& out);
  void take(recalled const& in, base::instant now, commands& out);
  watched_build& watch_build(job_index job, std::uint32_t number, base::time_point due);
  void forget_build(job_index job, std::uint32_t number);
  watch::pursuit& pursue(job_index job);
  watch::inquiry& inquire(job_index job, base::time_point soon);
  void tidy(job_index job);

  // engine_look.cpp: which build is the newest; what there was before
  void look_on(job_index job, newest_search& search, answered const& in, base::instant now, commands& out);
  void found_newest(job_index job, newest_search const& search, model::observation const& seen, base::instant now,
                    commands& out);
  void want_past(job_index job, base::time_point when);
  void take_past(answered const& in, base::instant now, commands& out);
  std::vector<old_build> sort_records(job_index job, model::observation const& seen, std::uint32_t last,
                                      base::instant now);
  [[nodiscard]] newest_search begin_search(job_index job, base::time_point now) const;
  [[nodiscard]] std::uint32_t round_of(job_index job, base::time_point now) const;
  [[nodiscard]] bool may(job_index job, extra_call call, base::time_point now) const;
  void leave_alone(job_index job, extra_call call, base::time_point now);
  void compare_numbers(job_index job, std::uint32_t named, commands& out);
  [[nodiscard]] bool out_of_nowhere(job_index job, newest_search const& search, model::observation const& seen) const;
  void skip_old(job_index job, model::observation const& seen, base::instant now);
  void say_refused(job_index job, extra_call call, std::string const& why, commands& out) const;
  [[nodiscard]] old_build old(job_index job, model::build b) const;

  // engine_news.cpp: builds that have come since
  void begin_gap(job_index job, std::uint32_t first, std::uint32_t last, bool baseline, base::instant now);
  void take_scan(answered const& in, base::instant now, commands& out);
  void after_scan(job_index job, base::time_point now);
  void pass_by(job_index job, base::time_point now);
  void take_missed(answered const& in, base::instant now, commands& out);
  void set_baseline(job_index job, base::instant now, commands& out);
  void pass_over(job_index job, base::instant now, commands& out);
  /// True: something of it is on its way to the journal, and the job is held.
  bool tell_next(job_index job, base::instant now, commands& out);

  // engine_outages.cpp: clocks, deadlines, whose outage it is
  trouble& begin_trouble(job_index job, base::instant now);
  track::notice end_trouble(job_index job, base::instant now, commands& out);
  void set_failing(job_index job, bool failing);
  void provider_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
                       commands& out);
  void gate_failed(job_index job, model::observation const& seen, base::time_point sent, base::instant now,
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
  [[nodiscard]] bool record_awaited(job_index job) const;
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
  /// Stores what is known of the job as it is now, but for `newest`, and builds for the history. `baseline`: from there
  /// on it is followed.
  void commit_note(job_index job, std::uint32_t newest, bool baseline, std::vector<old_build> builds, base::instant now,
                   commands& out);
  void commit_build(job_index job, build_transition found, base::instant now, commands& out);
  void commit_reach(job_index job, track::notice notice, std::optional<build_transition> then, base::instant now,
                    commands& out);
  void commit_provider(provider_index which, track::notice notice, std::string_view reason, base::instant now,
                       commands& out);
  void settle(pending_commit& commit, committed const& in, base::instant now, commands& out);
  void settle_build(pending_commit const& commit, bool stored, base::instant now, commands& out);
  void not_stored(job_index job, std::uint32_t number, base::instant now);
  void settle_note(pending_commit const& commit, bool stored, base::instant now, commands& out);
  void settle_job_reach(pending_commit& commit, bool stored, base::instant now, commands& out);
  void settle_provider_reach(provider_index which, bool stored, base::instant now, commands& out);

  // engine_standing.cpp: how things stand
  [[nodiscard]] job_state_kind state_of(job_index job) const;
  /// max(): there will be none.
  [[nodiscard]] base::time_point next_poll_of(job_index job, base::time_point now) const;

  // engine_log.cpp: texts
  void say(commands& out);
  void log_job(job_index job, base::log_level level, std::string_view id, std::string text, commands& out) const;
  void log_provider(provider_index which, base::log_level level, std::string_view id, std::string text,
                    commands& out) const;
  void log_other_credential(provider_index which, commands& out) const;
  void log_failure(job_index job, bool news, base::time_point again, base::time_point now, commands& out);
  void log_gate(job_index job, model::observation const& seen, base::time_point now, commands& out) const;
  /// The same about one build of it.
  void log_build(job_index job, std::uint32_t build, base::log_level level, std::string_view id, std::string text,
                 commands& out) const;
  void log_journal(committed const& in, base::time_point now, commands& out);
};

}  // namespace buildwatch::watch

// The engine: (input, now) -> commands. Decides when to ask whom for what, and what the answers mean. Pure: no I/O, no
// clock.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/watch/memory.hpp"
#include "buildwatch/watch/options.hpp"
#include "buildwatch/watch/ports.hpp"
#include "buildwatch/watch/standing.hpp"

namespace buildwatch::watch {

using job_index = std::uint32_t;
using provider_index = std::uint32_t;

// --- commands: what the loop must do next

/// Ask a provider; give the answer back as `answered` with the same job. `query.job_id` lives until reconfigure().
struct ask {
  provider_index provider = 0;
  job_index job = 0;
  watch::query query;
  base::time_point due{};  ///< when it should have been sent; `now` minus this is the schedule lag
};

/// Commit an event; report back with `committed` for the same token.
struct commit {
  std::uint64_t token = 0;
  watch::transition what;
};

/// Store what is known, without an event; report back with `committed` for the same token.
struct note {
  std::uint64_t token = 0;
  memory what;
};

/// Read how long a job's builds took; report back with `recalled` for the same token.
struct recall {
  std::uint64_t token = 0;
  job_index job = 0;
};

struct commands {
  std::vector<ask> asks;
  std::vector<commit> commits;
  std::vector<note> notes;
  std::vector<recall> recalls;
  std::vector<base::log_event> logs;
  bool remember = false;  ///< have the journal store what has changed() now: a crash would lose more than exactness
  void clear();
};

// --- inputs

/// An answer to an `ask`.
struct answered {
  job_index job = 0;
  base::instant sent;  ///< when the request was sent
  model::observation const& seen;
};

/// What became of a `commit` or a `note`.
struct committed {
  std::uint64_t token = 0;
  bool stored = false;     ///< false: what is known does not move; the next poll finds the transition again
  std::string_view why{};  ///< not stored: the journal's error, for the log
};

/// What a `recall` found; none where the journal could not be read.
struct recalled {
  std::uint64_t token = 0;
  std::span<forecast::past_build const> newest_first;
};

/// Jobs by state, each in one (see job_state_kind).
struct engine_counts {
  std::uint64_t jobs = 0, pending = 0, running = 0, queued = 0, idle = 0, done = 0, not_found = 0, unreachable = 0;
};

/// What reconfigure() made of the old indexes; `gone` where the job or provider is watched no more.
struct reindexed {
  static constexpr std::uint32_t gone = UINT32_MAX;
  std::vector<job_index> jobs;            ///< by old index
  std::vector<provider_index> providers;  ///< by old index
};

/// Loop thread only. Each call appends to `out`; the caller clears it. Every call of tick/answer/settle hands out what
/// may be asked now.
///
/// How polls are placed. First polls are spread over the idle interval; where that is long and the jobs are few, over
/// 15 s or 0.1 s a job, so that nobody waits a minute for the first sight of five jobs; the first job is asked at once.
/// From there on each job keeps its own grid of whole intervals (`building` while its build runs or settles,
/// else `idle`): no drift, and no burst after a delay. Jobs that are due while their provider is quiet, or out of
/// tokens or connections, wait in order of due time. A failing job is asked at its `unreachable_after` at the latest,
/// so that fresh evidence decides. One request a job is in flight.
///
/// Costs: what one input touches is one job and one provider; tick() and next_due() also look at each provider once.
/// All jobs of a provider are looked at only where an outage of all of them is decided, told or over.
class engine {
 public:
  /// `what` is taken as valid (config checks it); intervals and rates must be above zero. `known`: from an earlier run;
  /// what it says of jobs and providers that are not in `what` is not looked at.
  engine(options what, memory const& known, base::instant now);
  ~engine();
  engine(engine&&) noexcept;

  void tick(base::instant now, commands& out);                         ///< time has passed
  void answer(answered const& in, base::instant now, commands& out);   ///< a request ended
  void settle(committed const& in, base::instant now, commands& out);  ///< a commit or a note ended
  void take(recalled const& in, base::instant now, commands& out);     ///< a recall ended
  /// The provider has another credential than the one that was refused: it is asked again, one request as a trial. Does
  /// nothing where it does not pause.
  void renewed(provider_index which, base::instant now, commands& out);
  /// Whether the provider's credentials were refused, and nothing has been answered well since.
  [[nodiscard]] bool refused(provider_index which) const;
  /// Goes over to other settings. Jobs and providers that remain (a job: the same provider, job_id and build number,
  /// whatever its name) keep all that is known of them, and what they are waiting for; of new ones `known` may tell
  /// something from an earlier time. Nothing is asked twice and no outage clock starts anew. Old indexes have no
  /// meaning afterwards: the answer tells what became of each. Commits under way are settled by their tokens as before.
  [[nodiscard]] reindexed reconfigure(options what, memory const& known, base::instant now, commands& out);
  /// A question ended whose job or provider is not watched any more (see reindexed): it frees its place.
  void forget(provider_index which, base::instant now, commands& out);
  /// What is known that the journal has not got with a transition, since the last call: builds still running, outages
  /// going on or over, pauses. What commits under way will make of it is not in there: store it before them, or when
  /// they are settled. Of `most` jobs at most, those first that have waited longest; an outage that goes on gets into
  /// line again.
  [[nodiscard]] memory changed(base::instant now, std::size_t most = SIZE_MAX);
  /// How many jobs changed() has something to tell of.
  [[nodiscard]] std::size_t changed_jobs() const;
  /// The journal could not store what changed() gave last: the next call gives it again, as it is known then.
  void unremembered();
  /// No further asks, ever. Failed answers that come in later say nothing; good ones still count, and commits can still
  /// be settled.
  void stop();

  /// When tick() next has something to do; max() when only an answer can bring work. Where jobs make more than 500
  /// polls a second at `idle`, rounded up to whole 10 ms: waking for each of 100,000 jobs costs three times the CPU of
  /// waking for what a tick has gathered (0.9 ms of lag against 10). Fewer are never late.
  [[nodiscard]] base::time_point next_due() const;
  [[nodiscard]] job_standing standing_of(job_index job, base::instant now) const;
  [[nodiscard]] provider_standing standing_of_provider(provider_index which) const;
  /// Looks at every job: 100,000 take some milliseconds.
  [[nodiscard]] engine_counts counts() const;
  /// Adds `most` jobs from `first` on, fewer where there are no more: for whoever lets the loop turn in between.
  void count(job_index first, std::size_t most, engine_counts& into) const;
  [[nodiscard]] options const& settings() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace buildwatch::watch

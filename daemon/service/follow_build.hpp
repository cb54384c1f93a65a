// One build followed to its end, for `watch`: what to ask next, when, and what the answers mean. Pure: no I/O, no
// clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "buildwatch/base/time.hpp"
#include "buildwatch/forecast/outlook.hpp"
#include "buildwatch/forecast/pacing.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/track/build.hpp"
#include "buildwatch/watch/newest.hpp"
#include "buildwatch/watch/options.hpp"
#include "service/past_builds.hpp"

namespace buildwatch::service {

struct follow_options {
  watch::job_options job;       ///< `build`: the one to follow; 0: the newest
  std::string provider;         ///< its name
  double rate_per_second = 10;  ///< requests are never closer together than that allows
};

enum class follow_stage : std::uint8_t {
  looking,  ///< nothing is known yet
  unbuilt,  ///< the job was never built, or none of its builds is kept
  absent,   ///< the build is not there yet
  queued,
  running,
};

/// How things stand, for drawing.
struct follow_view {
  std::string job;
  std::uint32_t number = 0;  ///< 0: not known yet
  follow_stage stage = follow_stage::looking;
  std::optional<base::duration> elapsed;  ///< running: how long, where that is known
  std::optional<forecast::estimate> left;
  bool overdue = false;
  std::string trouble;  ///< why the last questions failed; empty: the last one did not
};

/// Why it is over.
struct follow_end {
  std::optional<model::outcome> outcome;  ///< of a build that has ended; nullopt: it could not be watched
  model::event event;                     ///< build.finished, of one that has ended
  std::string why;                        ///< of one that could not be watched
};

/// Of the process: 0 success, 1 failure, 3 unstable, 4 aborted, 5 unknown, 6 it could not be watched.
[[nodiscard]] int exit_code(follow_end const& end);

/// A build that has ended is final; one that is not there is waited for, unless the job is past it. Gives up at once
/// where the credentials are refused or the provider does not know the job, else when questions have failed, or a build
/// that the job is past was not there, for `unreachable_after`. Past builds
/// are asked for once where too few are known, the record of the build when it is first seen running (for its start)
/// and when it has ended (for its times).
class build_follower {
 public:
  struct question {
    watch::asks what = watch::asks::build;
    std::uint32_t build = 0;
    base::time_point due{};
  };

  /// `past`: what is known of the job's builds so far.
  build_follower(follow_options what, past_builds past, base::instant now);

  /// Call tick() at its due time, and ask it if that says so; take() wants the answer. nullopt: it is over.
  [[nodiscard]] std::optional<question> next() const;
  /// True: it is time for the question. False: not yet, or it is over by now.
  [[nodiscard]] bool tick(base::instant now);
  void take(model::observation const& seen, base::time_point sent, base::instant now);

  [[nodiscard]] follow_view view(base::instant now) const;
  [[nodiscard]] std::optional<follow_end> const& end() const { return end_; }

 private:
  enum class step : std::uint8_t { find, look, exists, list, record, last_record };

  void take_search(model::observation const& seen, base::instant now);
  void take_look(model::observation const& seen, base::time_point sent, base::instant now);
  void take_existence(model::observation const& seen, base::time_point sent, base::instant now);
  void take_list(model::observation const& seen, base::instant now);
  void take_record(model::observation const& seen, base::instant now);
  void saw_absence(base::time_point sent, base::instant now);
  void miss(base::instant now);
  void saw_running(track::build_step const& found, base::time_point sent, base::instant now);
  void saw_end(track::build_step const& found, model::observation const& seen, base::instant now);
  void poll_running(base::time_point sent, base::instant now);
  void look_up_start();
  void predict();
  void poll_after(base::time_point sent, base::duration wait);
  void fail(model::observation const& seen, base::instant now);
  void give_up(std::string why);
  void finish(base::instant now);
  [[nodiscard]] bool ran() const { return build_.first_running != track::never; }
  [[nodiscard]] bool passed_by() const { return newest_ > number_; }
  [[nodiscard]] bool begin_known() const { return seen_before_ || build_.started_at != track::no_time; }
  [[nodiscard]] base::time_point deadline() const;

  follow_options what_;
  past_builds past_;
  std::uint32_t number_;
  step step_;
  base::time_point due_;
  base::time_point last_sent_ = track::never;
  std::optional<watch::newest_search> search_;
  std::uint32_t round_ = 0;
  bool proven_ = false;       ///< the job is known to be there
  std::uint32_t newest_ = 0;  ///< of a build that was not there: which was the newest then; 0: not known

  follow_stage stage_ = follow_stage::looking;
  track::build_state build_;
  bool seen_before_ = false;  ///< the build, or its absence, before it ran: so its start has been seen
  track::build_step ended_;   ///< how it was seen to end
  model::observation last_;   ///< by which answer
  std::optional<model::build_record> record_;
  std::optional<forecast::outlook> outlook_;
  std::optional<forecast::pacing> pacing_;

  std::optional<base::time_point> failing_since_;
  base::duration back_off_{};
  bool pausing_ = false;  ///< because the provider asked for it: it is not asked before, even to see whether to give up
  std::string trouble_;
  std::optional<follow_end> end_;
};

}  // namespace buildwatch::service

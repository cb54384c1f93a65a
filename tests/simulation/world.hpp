// The world: what the builds really do, and how providers and receivers fare.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "buildwatch/model/observation.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/watch/ports.hpp"
#include "simulation/chance.hpp"
#include "simulation/followed.hpp"
#include "simulation/virtual_clock.hpp"

namespace buildwatch::simulation {

/// How many things go wrong in a run; a few runs are quiet, so that what must hold without faults is tried too.
struct temper {
  bool poll_faults = true;  ///< of providers
  bool receiver_faults = true;
  bool store_faults = true;
  bool crashes = true;
  bool stops = true;
  bool reloads = true;
  bool wall_steps = true;
};

/// What one build really does. Times since the beginning of the run.
struct script {
  base::duration exists{};  ///< the job, from then on
  base::duration queued{};
  base::duration starts{};
  base::duration ends{};     ///< for_ever: not in this run
  base::duration settled{};  ///< its end can be seen from then on: until then it is undecided
  std::string word;          ///< build_result
};

/// What a provider makes of one question.
struct reply {
  base::duration before{};  ///< until the answer is made; the rest is its way back
  base::duration after{};
  bool hangs = false;  ///< it never comes: the source's own timeout ends the question
  std::optional<model::observation> fault;
};

/// What a receiver makes of one try.
struct reaction {
  base::duration takes{};
  bool receives = false;  ///< it has the event, whatever the answer
  notify::attempt answer;
};

class world {
 public:
  static constexpr base::duration for_ever = base::duration::max();
  static constexpr base::duration question_timeout = std::chrono::seconds(10);
  static constexpr base::duration try_timeout = std::chrono::seconds(15);

  world(chance& luck, virtual_clock const& clock, temper how, base::duration calm_from)
      : luck_(luck), clock_(clock), how_(how), calm_from_(calm_from) {}

  [[nodiscard]] script const& build(std::string const& key);
  /// `key` names a job that is followed.
  [[nodiscard]] followed_job const& job(std::string const& key);
  [[nodiscard]] reply answer_to(std::string const& provider);
  /// What is seen now of the one build that is watched.
  [[nodiscard]] model::observation look(std::string const& key, watch::asks what);
  /// What a call about a followed job is answered now. `page`: of the build list.
  [[nodiscard]] model::observation look(std::string const& key, watch::asks what, std::uint32_t build,
                                        std::uint32_t page);
  [[nodiscard]] bool credential_changed() { return !calm() && luck_.one_in(30); }
  [[nodiscard]] reaction take(std::string const& sink);
  /// From `calm_from` on nothing goes wrong any more.
  [[nodiscard]] bool calm() const { return clock_.elapsed() >= calm_from_; }

 private:
  enum class mood : std::uint8_t { well, flaky, hangs, unreachable, throttles, refuses, broken, gone, swallows };
  struct weather {
    mood now = mood::well;
    base::duration until{};
  };
  mood provider_mood(std::string const& provider);
  mood sink_mood(std::string const& sink);
  model::observation fault(mood of);
  reaction failing(mood of);
  [[nodiscard]] script make_script();

  chance& luck_;
  virtual_clock const& clock_;
  temper how_;
  base::duration calm_from_;
  std::map<std::string, script> scripts_;
  std::map<std::string, followed_job> jobs_;
  std::map<std::string, weather> providers_, sinks_;
};

}  // namespace buildwatch::simulation

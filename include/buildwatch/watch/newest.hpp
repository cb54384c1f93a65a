// Looks for the newest build of a job: by running-status, else by the build list, else by probing build-info. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "buildwatch/model/observation.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::watch {

/// One search: next() tells what to ask, take() is given the answer, until next() has no more questions.
class newest_search {
 public:
  /// Calls that may be made. One that is refused in the course of a search is not made again in it.
  struct means {
    bool newest = true;  ///< running-status
    bool list = true;    ///< the build list
  };
  enum class state : std::uint8_t {
    searching,
    found,        ///< number() is the newest build; not below `known`
    none,         ///< the job is there and was never built, or none of its builds is kept
    no_such_job,  ///< the provider does not know the job
    unknown,      ///< nothing tells: only probing was left, and it hit no build
    failed,       ///< a failed poll: try the whole again later
  };
  struct question {
    asks what = asks::newest;
    std::uint32_t build = 0;  ///< of asks::build
  };

  /// Probes of build-info in one search at most.
  static constexpr unsigned most_probes = 50;

  /// `known`: the highest number that is known to have been given, 0: none. `round`: counts the searches of a job;
  /// where only probing is left, each round looks at one number further up as well, so that a gap is passed in time.
  newest_search(means may, std::uint32_t known, std::uint32_t round = 0);

  [[nodiscard]] std::optional<question> next() const;
  void take(model::observation const& seen);

  [[nodiscard]] state now() const { return state_; }
  [[nodiscard]] std::uint32_t number() const { return hit_; }
  /// Whether build-info has been tried because both other calls are refused.
  [[nodiscard]] bool probes() const { return !may_.newest && !may_.list; }
  /// What of `means` has been refused by now is false in here.
  [[nodiscard]] means left() const { return may_; }

 private:
  void take_number(model::observation const& seen, bool& call);
  void take_probe(bool there);
  void begin_probing();

  means may_;
  state state_ = state::searching;
  std::uint32_t known_;
  std::uint32_t round_;
  std::uint32_t hit_;         ///< the highest number that is there
  std::uint32_t missed_ = 0;  ///< the lowest number above `hit_` found absent; 0: none
  std::uint32_t probe_ = 0;   ///< asked about at the moment
  std::uint32_t step_ = 0;
  unsigned probed_ = 0;
  bool vague_ = false;  ///< running-status names no build, though one is known: the list is to tell
};

}  // namespace buildwatch::watch

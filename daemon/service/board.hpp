// What the API shows of jobs beside what the engine knows: their newest finished builds, and how many have ended how.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "buildwatch/model/event.hpp"
#include "buildwatch/watch/options.hpp"

namespace buildwatch::service {

/// Loop thread only. Takes some 600 bytes a job that has builds.
class board {
 public:
  struct record {
    std::unique_ptr<model::build const> finished;  ///< the one with the highest number; null: none is known
    /// Of build.started, by number: what the engine does not keep of builds that run. null: none does.
    std::unique_ptr<std::vector<model::build>> started;
    std::array<std::uint64_t, 5> ended{};  ///< builds that ended in this run, by model::outcome
  };

  /// Other jobs, or the first. Of those that remain everything is kept.
  void watch(watch::options const& what);
  /// A committed event.
  void take(model::event const& e);
  /// What build.started told of a build that has not ended; null: it told nothing in this run.
  [[nodiscard]] static model::build const* started(record const& of, std::uint32_t number);
  /// A finished build of the history. Older than what is known: nothing changes.
  void take(std::string_view provider, std::string_view job_id, model::build const& b);
  /// Empty where nothing is known.
  [[nodiscard]] record const& of(watch::options const& what, watch::job_options const& job) const;

 private:
  // Provider, job_id and the one build that is watched.
  using name = std::string;
  static name name_of(std::string_view provider, std::string_view job_id, std::uint32_t build);
  /// Calls `use` with the record of the job, and with that of the job which is this build alone.
  template <class Use>
  void each(std::string_view provider, std::string_view job_id, std::uint32_t build, Use use);

  std::unordered_map<name, record> records_;
};

}  // namespace buildwatch::service

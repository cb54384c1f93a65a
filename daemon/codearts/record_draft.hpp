// One record of a build, while it is read (codearts-api.md 2.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/model/observation.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// Takes the members one by one: any of them may be missing, or be something else than it should; of one that comes
/// twice the last counts.
class record_draft {
 public:
  void take(std::string_view name, json_kind kind, std::string_view text);
  /// The record. Its number is `otherwise` where none is stated, 0 where something else stands there.
  [[nodiscard]] model::build_record finish(std::uint32_t otherwise) &&;

 private:
  void take_source(std::string_view name, json_kind kind, std::string_view text);

  stated_number number_;
  bool under_way_ = false;  ///< says job_running_status
  std::string word_;
  std::optional<base::wall_time> started_at_;
  std::optional<base::duration> build_time_;
  std::optional<base::duration> cost_time_;
  model::build_source source_;  ///< without its url
  std::string commit_url_;
  std::string repository_url_;
};

}  // namespace buildwatch::codearts

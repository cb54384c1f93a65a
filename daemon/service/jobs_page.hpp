// A page of `/api/v1/jobs` of a running daemon. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"

namespace buildwatch::service {

/// A job as the API tells it; text of others, not cleaned. What is null there is empty here. Where builds run, the
/// build is the newest of these, though one with a higher number may have ended.
struct listed_job {
  std::string name;
  std::string state;
  std::uint64_t build = 0;  ///< 0: none
  std::string outcome;
  std::string last_outcome;                   ///< of the newest that has finished, where that is another
  std::optional<base::wall_time> started_at;  ///< of a build that runs
  std::optional<base::wall_time> finished_at;
  std::optional<double> progress;
  std::optional<base::wall_time> eta;
  std::optional<std::pair<base::wall_time, base::wall_time>> eta_between;
  std::string last_error;
};

struct jobs_page {
  std::vector<listed_job> jobs;
  std::vector<std::string> texts;   ///< of each job the object as it came, on one line
  std::optional<std::string> next;  ///< nullopt: this was the last page
};

/// What the API has after the job `after` (empty: from the beginning). Fields that are unknown are ignored; an error
/// where it is no such page, or one that leads back.
[[nodiscard]] base::result<jobs_page> read_jobs_page(std::string_view body, std::string_view after);

/// The message of an error that the API gave; empty where it is none.
[[nodiscard]] std::string error_message(std::string_view body);

/// "2026-11-23T20:18:23.417Z", with any number of decimals.
[[nodiscard]] std::optional<base::wall_time> read_rfc3339(std::string_view text);

}  // namespace buildwatch::service

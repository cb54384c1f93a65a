// Settings of delivery: who is told what, and how often it is tried.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/job.hpp"
#include "buildwatch/model/selector.hpp"

namespace buildwatch::notify {

using sink_index = std::uint32_t;

/// One entry of `rules`.
struct rule {
  std::vector<model::selector> events{model::selector::finished, model::selector::overdue, model::selector::unreachable,
                                      model::selector::recovered};
  std::vector<std::string> jobs;  ///< globs over job names; empty: all
  model::labels labels;           ///< all must be there; empty: all
  std::vector<sink_index> to;     ///< at least one
};

/// Waits between tries, each ±20 %; then the delivery is dead. Contract section 2 (`retry`): the default is three days.
using retry_schedule = std::vector<base::duration>;
[[nodiscard]] retry_schedule default_retry();

/// How deliveries to one sink are made.
struct delivery_options {
  std::string name;                        ///< of the sink
  retry_schedule retry = default_retry();  ///< empty: one try
  unsigned concurrency = 4;                ///< 1..256 deliveries at once; of one job never two
  bool pauses = false;  ///< webhooks: no connection, time-out, 429, 502, 503, 504 pause the sink as a whole
  /// Where a dead notification, or one that has waited for `fallback_after`, goes too; empty: nowhere.
  std::string fallback;
  base::duration fallback_after = std::chrono::hours(1);
  friend bool operator==(delivery_options const&, delivery_options const&) = default;
};

}  // namespace buildwatch::notify

// Settings of the engine: what to watch, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/job.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::watch {

/// Times of a job. Few jobs set their own, so jobs with the same values share one object.
struct timing {
  base::duration idle = std::chrono::seconds(60);      ///< between polls while nothing runs; 50 ms or more
  base::duration building = std::chrono::seconds(15);  ///< between polls of a running build; 50 ms or more
  base::duration unreachable_after = std::chrono::minutes(5);
  friend bool operator==(timing const&, timing const&) = default;
};

/// One watched job. Compact: there may be 100,000 (at most 512 bytes a job in all).
struct job_options {
  std::string name;
  std::string job_id;          ///< 32 letters and digits
  std::uint32_t provider = 0;  ///< index into options::providers
  std::uint32_t build = 1;     ///< 1..2147483647: the one build to watch
  std::shared_ptr<timing const> times;
  std::shared_ptr<model::labels const> labels;           ///< never null; shared where equal
  std::shared_ptr<model::outcome_words const> outcomes;  ///< null: none
};

/// What the engine must know of a provider.
struct provider_options {
  std::string name;
  unsigned connections = 8;     ///< requests in flight at most
  double rate_per_second = 10;  ///< token bucket; bursts of one second's worth (at least 1)
  bool has_credential = true;   ///< false: nothing can be refused, so the first answer is not waited for alone
  /// A mark of the credential, by which a changed one shows: a few bits of a hash, from which nothing can be learned.
  /// 0: none, or one that changes by itself.
  std::uint32_t credential = 0;
};

struct options {
  std::vector<provider_options> providers;
  std::vector<job_options> jobs;
};

}  // namespace buildwatch::watch

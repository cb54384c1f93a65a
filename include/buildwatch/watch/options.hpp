// Settings of the engine: what to watch, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/job.hpp"
#include "buildwatch/model/job_id.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::watch {

/// Times of a job. Few jobs set their own, so jobs with the same values share one object.
struct timing {
  base::duration idle = std::chrono::seconds(60);      ///< between polls while nothing runs; 50 ms or more
  base::duration building = std::chrono::seconds(15);  ///< between polls of a running build; 50 ms or more
  base::duration unreachable_after = std::chrono::minutes(5);
  bool adaptive = true;      ///< polls of a running build where it is likely to end, as many as `building` would make
  bool overdue_auto = true;  ///< build.overdue when the job's own history says so
  base::duration overdue_after{};  ///< without overdue_auto: when it has run so long; zero: never
  std::uint32_t catch_up = 20;     ///< of missed builds so many, the newest, are told; the others go into the history
  friend bool operator==(timing const&, timing const&) = default;
};

/// One watched job. Compact: there may be 100,000 (at most 512 bytes a job in all).
struct job_options {
  std::string name;
  model::job_id job_id;        ///< 32 letters and digits
  std::uint32_t provider = 0;  ///< index into options::providers
  std::uint32_t build = 0;     ///< 1..2147483647: the one build to watch; 0: each new one (`build: latest`)
  std::shared_ptr<timing const> times;
  std::shared_ptr<model::labels const> labels;           ///< never null; shared where equal
  std::shared_ptr<model::outcome_words const> outcomes;  ///< null: none
};

/// What the engine must know of a provider.
struct provider_options {
  std::string name;
  unsigned connections = 8;                           ///< requests in flight at most
  double rate_per_second = 10;                        ///< token bucket; bursts of one second's worth (at least 1)
  base::duration timeout = std::chrono::seconds(10);  ///< of one request
  bool has_credential = true;  ///< false: nothing can be refused, so the first answer is not waited for alone
  /// A mark of the credential, by which a changed one shows: a few bits of a hash, from which nothing can be learned.
  /// 0: none, or one that changes by itself.
  std::uint32_t credential = 0;
};

struct options {
  std::vector<provider_options> providers;
  std::vector<job_options> jobs;
};

}  // namespace buildwatch::watch

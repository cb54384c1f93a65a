// What one request told about a build or a job: the only thing that crosses from a provider to the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"

namespace buildwatch::model {

/// What was seen.
enum class sight : std::uint8_t {
  running,        ///< the build runs
  finished,       ///< it has ended; `word` says how
  undecided,      ///< neither: queued, or settling after its end
  no_such_build,  ///< the API knows no such build (or no such job: the two answers look alike)
  job_exists,     ///< answer to asks::newest and asks::list: the job is known to the provider; `number`, `records`
  no_such_job,    ///< answer to asks::newest and asks::list: the provider does not know the job
  record,         ///< answer to asks::record: `records` holds the one that was asked for
  refused_call,  ///< answer to all but asks::build: this call is not for us (403, 404, 405 that is no "no such build");
                 ///< says nothing about the job
  failed,        ///< a failed poll; `fault` says of what kind
};

/// Why a poll failed, as far as the engine treats it differently.
enum class fault : std::uint8_t {
  none,
  other,          ///< server error, malformed or cut-off answer, time-out of an answer: that job backs off
  no_connection,  ///< name look-up, connect, TLS or proxy failed: the provider's cause; that job backs off
  throttled,      ///< 429, 503, CB.00060211: the provider backs off as a whole
  refused,        ///< credentials refused (401): the provider pauses as a whole
};

/// What the provider has on record about a build.
struct build_record {
  std::uint32_t number = 0;
  bool running = false;  ///< or queued: it has not ended
  std::string word;      ///< how it ended, raw, as `observation::word`; empty while it runs
  std::optional<base::wall_time> started_at;
  std::optional<base::duration> lasted;  ///< above zero; nullopt while it runs
  build_source source;                   ///< each at most 1 KiB
};

struct observation {
  model::sight sight = sight::failed;
  model::fault fault = fault::other;
  std::string word;    ///< finished, undecided: raw `build_result`. At most 128 bytes, else cut.
  std::string region;  ///< as the answer gave it; empty when absent or no string
  /// failed, no_such_job, refused_call: cause in words for log and events ("HTTP 500 CB.00060101: internal error"). One
  /// line, at most 300 bytes, control characters replaced, no secret.
  std::string text;
  std::optional<base::duration> retry_after;  ///< throttled: what the answer asked for, unclamped
  std::uint32_t number = 0;                   ///< job_exists: the newest build's number; 0: none is known
  std::vector<build_record> records;          ///< job_exists of a list: newest first, 100 at most; record: the one
};

}  // namespace buildwatch::model

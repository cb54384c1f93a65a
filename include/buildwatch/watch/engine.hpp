// The engine: (input, now) -> commands. Decides when to ask whom for what, and what the answers mean. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/watch/options.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::watch {

using job_index = std::uint32_t;
using provider_index = std::uint32_t;

// --- commands: what the loop must do next

/// Ask a provider; give the answer back as `answered` with the same job.
struct ask {
  provider_index provider = 0;
  job_index job = 0;
  watch::query query;
  base::time_point due{};  ///< when it should have been sent; `now` minus this is the schedule lag
};

/// Commit an event; report back with `committed` for the same token.
struct commit {
  std::uint64_t token = 0;
  model::event event;
};

struct commands {
  std::vector<ask> asks;
  std::vector<commit> commits;
  std::vector<base::log_event> logs;
  void clear();
};

// --- inputs

/// An answer to an `ask`.
struct answered {
  job_index job = 0;
  base::instant sent;  ///< when the request was sent
  model::observation const& seen;
};

/// What became of a `commit`.
struct committed {
  std::uint64_t token = 0;
  bool stored = false;  ///< false: what is known does not move; the next poll finds the transition again
};

/// Counts for status and benchmark.
struct engine_counts {
  std::uint64_t jobs = 0, pending = 0, running = 0, idle = 0, done = 0, not_found = 0, unreachable = 0;
};

/// Loop thread only. Each call appends to `out`; the caller clears it. Every call of tick/answer/settle hands out what may be asked now.
class engine {
 public:
  /// Starts with nothing known. First polls are spread (see README: "How polls are placed").
  engine(options what, base::instant now);
  ~engine();
  engine(engine&&) noexcept;

  void tick(base::instant now, commands& out);                     ///< time has passed
  void answer(answered const& in, base::instant now, commands& out);  ///< a request ended
  void settle(committed const& in, base::instant now, commands& out); ///< a commit ended
  void stop();                                                     ///< no further asks, ever

  /// When tick() next has something to do; max() when only an answer can bring work.
  [[nodiscard]] base::time_point next_due() const;
  [[nodiscard]] engine_counts counts() const;
  [[nodiscard]] options const& settings() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace buildwatch::watch

// What the engine's loop needs from others: somebody to ask, somebody to remember.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/forecast/past.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/model/observation.hpp"
#include "buildwatch/watch/memory.hpp"

namespace buildwatch::watch {

/// What to ask about.
enum class asks : std::uint8_t {
  build,   ///< how one build stands (build-info)
  newest,  ///< which build is the newest, and whether the job exists at all (running-status): answers job_exists,
           ///< no_such_job, refused_call or failed
  list,    ///< the records of the job's builds of a month (build list): answers as `newest` does
  record,  ///< the record of one build, with times and source (build-info-record): answers record, no_such_build,
           ///< refused_call or failed
};

struct query {
  asks what = asks::build;
  std::string_view job_id;  ///< lives until the answer is there
  std::uint32_t build = 0;  ///< build, record
  std::uint32_t page = 0;   ///< list: which hundred, from 0
  /// Ends at this time if its own timeout is not over before; max(): only then.
  base::time_point deadline = base::time_point::max();
};

/// Port: a provider. One object a provider. The real one is codearts::make_source.
class build_source {
 public:
  virtual ~build_source() = default;
  /// One question, one answer, within the provider's timeout; renewing credentials once is part of it. Never throws for
  /// anything the other side does. `into` is overwritten (reuse one object: it keeps its memory).
  virtual boost::asio::awaitable<void> ask(query const& what, model::observation& into) = 0;
  /// While its credentials are refused: whether there are others by now (the file of a token may have been written anew
  /// since). Asked every few seconds; may read a file.
  virtual bool credential_changed() { return false; }
  /// Ends every question under way with a failed observation; later ones fail at once.
  virtual void stop() = 0;
};

/// What has happened, and what is known because of it: stored together or not at all. `change` and `previous` of a
/// finished build are the journal's to fill in: it knows the builds before.
struct transition {
  model::event event;
  std::optional<job_memory> job;            ///< nullopt in provider events
  std::optional<provider_memory> provider;  ///< only in provider events
};

/// Port: memory of what happened. A transition is a fact only when this has said so. Loop thread only.
class journal {
 public:
  virtual ~journal() = default;
  /// Gives each event its sequence and stores it with what is known now and the deliveries it is owed, all in one
  /// transaction, then announces them. An error: nothing was stored and nothing will be announced. Events of one call
  /// are in order.
  virtual boost::asio::awaitable<base::result<void>> commit(std::vector<transition> what) = 0;
  /// Stores what is known and no transition: that a build still ran at a later poll, that an outage goes on. An error
  /// costs nothing but exactness after a restart.
  virtual boost::asio::awaitable<base::result<void>> remember(memory what) = 0;
  /// The finished builds of a job of which it is known how long they took, the newest first, `most_past_builds` at
  /// most.
  virtual boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string provider,
                                                                                          std::string job_id) = 0;
};

}  // namespace buildwatch::watch

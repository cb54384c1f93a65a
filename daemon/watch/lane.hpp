// The questions of one provider, and those who ask them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "buildwatch/watch/engine.hpp"
#include "buildwatch/watch/ports.hpp"
#include "watch/parking.hpp"

namespace buildwatch::watch {

/// A question, from when it is given out until its answer is there. A reload moves it to the new indexes.
struct errand {
  ask question;
  std::string job_id;           ///< the question's own: options change meanwhile
  bool of_nobody = false;       ///< its job is watched no more
  bool of_no_provider = false;  ///< nor is its provider
};

/// Stays in place while it has workers.
struct lane {
  lane(std::shared_ptr<build_source> s, std::string n, unsigned most)
      : source(std::move(s)), name(std::move(n)), most_workers(most) {}

  std::shared_ptr<build_source> source;
  std::string name;
  std::deque<ask> waiting;         ///< never more than the provider's connections: the engine sees to that
  std::vector<errand*> under_way;  ///< each in the frame of its worker
  parking idle;
  unsigned workers = 0;
  unsigned most_workers = 0;
  bool bug_logged = false;  ///< an exception escaped from the source, and was told
  bool leaving = false;     ///< its source is replaced: what is under way is the last

  /// Whether there is a worker more than there should be.
  [[nodiscard]] bool crowded() const { return leaving || workers > most_workers; }
};

}  // namespace buildwatch::watch

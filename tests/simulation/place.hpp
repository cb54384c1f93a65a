// Where the database lies: mostly in memory, where it outlives each crash as it is; in some runs in a file, which is
// opened anew in each life, and which an administrator edits beside the daemon.
#pragma once

#include <memory>
#include <string>

#include "buildwatch/store/database.hpp"
#include "simulation/chance.hpp"
#include "simulation/oracle.hpp"

namespace buildwatch::simulation {

class place {
 public:
  /// Some runs keep little: what retention lets go must be missed by nobody.
  explicit place(chance& luck);
  ~place();
  place(place const&) = delete;
  place& operator=(place const&) = delete;

  [[nodiscard]] base::result<std::unique_ptr<store::database>> open() const;
  [[nodiscard]] bool forgets_builds() const { return how_.builds < store::store_options().builds; }
  [[nodiscard]] bool on_file() const { return !folder_.empty(); }
  /// `buildwatchd outbox retry` or `drop` of a few deliveries. Only of a file.
  void administer(chance& luck, virtual_clock const& clock, oracle& knows) const;
  /// What `buildwatchd history --events` reads is what the oracle knows. Only of a file.
  void compare(oracle& knows) const;

 private:
  store::store_options how_;
  std::string folder_;
};

}  // namespace buildwatch::simulation

// The store's thread: takes what is asked, in order, many writes to a transaction; tidies up when there is nothing to
// do.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "store/desk.hpp"

namespace buildwatch::store {

class worker {
 public:
  using done = std::function<void(finished)>;

  /// `back` is called on the thread with what has been finished.
  worker(desk& work, std::unique_ptr<database> file, std::function<base::wall_time()> now, done back);
  /// Until the desk is closed and empty; then the database is closed.
  void run();

 private:
  void carry_out(finished& batch);
  enum class end { well, of_one, of_all };
  end together(finished& batch, std::string& why);
  void alone(task& t, finished& counts);
  [[nodiscard]] bool chores_due() const;
  void chores();
  bool prune();

  desk& desk_;
  std::unique_ptr<database> file_;
  std::function<base::wall_time()> now_;
  done back_;
  std::optional<base::wall_time> last_chores_;
  bool more_chores_ = false;
};

}  // namespace buildwatch::store

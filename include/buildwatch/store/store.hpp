// The store: a database on a thread of its own, asked by messages from the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "buildwatch/notify/ports.hpp"
#include "buildwatch/store/database.hpp"
#include "buildwatch/watch/memory.hpp"

namespace buildwatch::store {

/// Loop thread only; the answers come back on the loop. What is asked while a commit is under way shares the next one
/// (group commit). Never more than a bounded number of requests is under way: each caller waits for its answer.
///
/// SQLite behind it; nothing of SQLite shows, so that another database can stand in its place.
class store : public notify::outbox {
 public:
  /// Stores transitions, what is known because of them, and what is owed. All or nothing.
  virtual boost::asio::awaitable<base::result<std::vector<stored>>> add(std::vector<entry> what) = 0;
  virtual boost::asio::awaitable<base::result<void>> remember(watch::memory what) = 0;
  /// What was known at the last stop, or is by now.
  virtual boost::asio::awaitable<base::result<watch::memory>> known() = 0;
  /// See watch::journal::history, and database::around.
  virtual boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string provider,
                                                                                          std::string job_id) = 0;
  virtual boost::asio::awaitable<base::result<std::vector<neighbours>>> around(std::vector<build_name> which) = 0;
  /// Whether it can commit: writes what changes nothing, and waits until that is on the disk.
  virtual boost::asio::awaitable<base::result<void>> probe() = 0;
  /// Another retention, after a reload.
  virtual void keep(std::uint32_t builds, base::duration events) = 0;
  /// Finishes what was asked, then `done` is called on the loop; the thread ends. Later requests fail.
  virtual void close(std::function<void()> done) = 0;

  struct statistics {
    std::uint64_t commits = 0;   ///< transactions
    std::uint64_t requests = 0;  ///< writes that shared them
  };
  [[nodiscard]] virtual statistics counted() const = 0;
};

/// Takes over an open database. `now` is called on the store's thread, for retention.
[[nodiscard]] std::unique_ptr<store> make_store(boost::asio::any_io_executor loop, std::unique_ptr<database> file,
                                                std::function<base::wall_time()> now);

}  // namespace buildwatch::store

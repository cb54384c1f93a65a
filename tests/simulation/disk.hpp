// The store as the simulated process has it: the real database behind requests that take time, share commits, fail and
// are cut short by crashes. The database stays, as a disk does.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/store/store.hpp"
#include "simulation/chance.hpp"
#include "simulation/ground.hpp"
#include "simulation/oracle.hpp"

namespace buildwatch::simulation {

/// How the disk fares; outlives the process.
struct disk_weather {
  base::duration full_until{};  ///< no commit succeeds until then
  bool slow = false;
  bool flaky = false;  ///< a commit or a read fails now and then
  /// What the next commit meets.
  enum class fate : std::uint8_t { none, crash_before, crash_after } next_commit = fate::none;
};

class disk final : public store::store {
 public:
  disk(ground& on, ::buildwatch::store::database& file, disk_weather& weather, chance& luck, oracle& knows)
      : on_(on), file_(file), weather_(weather), luck_(luck), knows_(knows) {}

  boost::asio::awaitable<base::result<notify::page>> read(std::string sink, notify::reading order,
                                                          std::optional<notify::place> after,
                                                          std::size_t limit) override;
  boost::asio::awaitable<base::result<notify::sink_memory>> memory_of(std::string sink) override;
  boost::asio::awaitable<base::result<std::vector<notify::created>>> record(notify::changes what) override;
  boost::asio::awaitable<base::result<notify::fallen_back>> fall_back(notify::overdue what) override;
  boost::asio::awaitable<base::result<notify::buried>> bury(notify::burial what) override;
  boost::asio::awaitable<base::result<std::vector<std::string>>> owing() override;
  boost::asio::awaitable<bool> changed_elsewhere() override;
  boost::asio::awaitable<base::result<std::vector<::buildwatch::store::stored>>> add(
      std::vector<::buildwatch::store::entry> what) override;
  boost::asio::awaitable<base::result<void>> remember(watch::memory what) override;
  boost::asio::awaitable<base::result<void>> probe() override;
  boost::asio::awaitable<base::result<watch::memory>> known() override;
  boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string provider,
                                                                                  std::string job_id) override;
  boost::asio::awaitable<base::result<std::vector<::buildwatch::store::neighbours>>> around(
      std::vector<::buildwatch::store::build_name> which) override;
  void keep(std::uint32_t builds, base::duration events) override;
  void close(std::function<void()> done) override;
  [[nodiscard]] statistics counted() const override { return counted_; }

  /// Requests under way.
  [[nodiscard]] std::size_t busy() const { return waiting_.size() + done_.size(); }

 private:
  struct request {
    bool writes = false;
    std::function<void()> work;       ///< with the database
    std::function<void()> committed;  ///< tells the oracle
    std::string failure;
    sleepers::ticket who = 0;
  };
  using asked = std::shared_ptr<request>;
  class bell final : public base::alarm {
   public:
    explicit bell(disk& owner) : owner_(owner) {}

   private:
    void ring(base::time_point) override { owner_.turn(); }
    disk& owner_;
  };

  boost::asio::awaitable<bool> carry_out(asked what);
  void arm();
  void turn();
  void commit_some();
  void write(std::vector<asked> const& batch);
  void read_one(request& what);
  void answer();
  [[nodiscard]] bool fails();

  ground& on_;
  ::buildwatch::store::database& file_;
  disk_weather& weather_;
  chance& luck_;
  oracle& knows_;
  std::deque<asked> waiting_;
  std::vector<asked> done_;  ///< the answers are on their way
  std::function<void()> closed_;
  statistics counted_;
  bell bell_{*this};
};

}  // namespace buildwatch::simulation

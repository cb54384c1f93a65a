// A database that waits where a test says so, and fails as it is told.
#pragma once

#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "store/failure.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {

/// Shared between a test and the store's thread.
class gates {
 public:
  void open() {
    std::lock_guard const lock(guard_);
    open_ = true;
    moved_.notify_all();
  }
  /// Until the thread waits at the gate.
  void wait_for_thread() {
    std::unique_lock lock(guard_);
    moved_.wait(lock, [&] { return arrived_; });
  }
  void wait_for_prunes(int count) {
    std::unique_lock lock(guard_);
    moved_.wait(lock, [&] { return prunes_ >= count; });
  }

  void pass() {
    std::unique_lock lock(guard_);
    arrived_ = true;
    moved_.notify_all();
    moved_.wait(lock, [&] { return open_; });
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    signals_blocked = sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGHUP) == 1;
  }
  /// True: there is more.
  bool prune(base::wall_time now) {
    std::lock_guard const lock(guard_);
    pruned_at = now;
    moved_.notify_all();
    return ++prunes_ < 3;
  }

  std::atomic<bool> full = false;     ///< commits fail
  std::atomic<bool> changed = false;  ///< by somebody else; told once
  std::atomic<bool> signals_blocked = false;
  std::string poisoned;  ///< adding the event of this id fails; set before the gate is opened
  std::atomic<base::wall_time> pruned_at{};

 private:
  std::mutex guard_;
  std::condition_variable moved_;
  bool open_ = false;
  bool arrived_ = false;
  int prunes_ = 0;
};

class gated_database final : public database {
 public:
  gated_database(std::shared_ptr<gates> how, std::unique_ptr<database> inner)
      : gates_(std::move(how)), inner_(std::move(inner)) {}

  void begin() override { inner_->begin(); }
  void commit() override {
    if (gates_->full) throw failure("the disk is full", true);
    inner_->commit();
  }
  void roll_back() noexcept override { inner_->roll_back(); }
  std::vector<stored> add(std::vector<entry> const& what) override {
    gates_->pass();
    if (what.at(0).what.event.id == gates_->poisoned) throw std::runtime_error("a bug");
    return inner_->add(what);
  }
  void remember(watch::memory const& what) override { inner_->remember(what); }
  std::vector<notify::created> record(notify::changes const& what) override { return inner_->record(what); }
  notify::fallen_back fall_back(notify::overdue const& what) override { return inner_->fall_back(what); }
  notify::buried bury(notify::burial const& what) override { return inner_->bury(what); }
  void touch() override { inner_->touch(); }
  bool prune(base::wall_time now) override { return gates_->prune(now); }
  watch::memory known() override { return inner_->known(); }
  notify::page read(std::string const& sink, notify::reading order, std::optional<notify::place> after,
                    std::size_t limit) override {
    return inner_->read(sink, order, after, limit);
  }
  notify::sink_memory memory_of(std::string const& sink) override { return inner_->memory_of(sink); }
  std::vector<std::string> owing() override { return inner_->owing(); }
  std::vector<forecast::past_build> history(std::string const& provider, std::string const& job_id) override {
    return inner_->history(provider, job_id);
  }
  std::vector<neighbours> around(std::vector<build_name> const& which) override { return inner_->around(which); }
  bool changed_elsewhere() override { return gates_->changed.exchange(false); }
  void checkpoint() noexcept override { inner_->checkpoint(); }
  [[nodiscard]] int pages_in_log() const override { return inner_->pages_in_log(); }
  void keep(std::uint32_t builds, base::duration events) override { inner_->keep(builds, events); }

 private:
  std::shared_ptr<gates> gates_;
  std::unique_ptr<database> inner_;
};

}  // namespace buildwatch::store::testing

// What the disk does with requests, one commit after the other.
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "simulation/disk.hpp"

namespace buildwatch::simulation {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr char const* full = "database or disk is full";
constexpr std::size_t largest_group = 64;

}  // namespace

void disk::arm() {
  if (bell_.set()) return;
  base::duration wait = luck_.one_in(4) ? luck_.between(0ms, 20ms) : 1ms;
  if (weather_.slow && luck_.one_in(2)) {
    wait = luck_.between(20ms, 1500ms);
    knows_.store_failed();
  }
  on_.alarms.set(bell_, on_.clock.now().mono + wait);
}

void disk::turn() {
  if (on_.dead) return;
  if (!done_.empty()) {
    answer();
  } else if (!waiting_.empty()) {
    commit_some();
    if (on_.dead) return;
    if (!luck_.one_in(8)) answer();  // else the answers take a while longer
  }
  if (!done_.empty() || !waiting_.empty()) {
    arm();
  } else if (closed_) {
    asio::post(on_.context, std::exchange(closed_, nullptr));
  }
}

/// Writes at the front share a commit; a read stands alone.
void disk::commit_some() {
  std::vector<asked> batch;
  while (!waiting_.empty() && batch.size() < largest_group && (batch.empty() || waiting_.front()->writes)) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (!batch.back()->writes) break;
  }
  if (batch.front()->writes) {
    write(batch);
  } else {
    read_one(*batch.front());
  }
  done_ = std::move(batch);
}

bool disk::fails() { return on_.clock.elapsed() < weather_.full_until || (weather_.flaky && luck_.one_in(10)); }

void disk::write(std::vector<asked> const& batch) {
  auto const next = std::exchange(weather_.next_commit, disk_weather::fate::none);
  try {
    file_.begin();
    for (asked const& r : batch) r->work();
    if (luck_.one_in(20)) file_.prune(on_.clock.wall());
    if (next == disk_weather::fate::crash_before || fails()) {
      file_.roll_back();
      knows_.told.tell("commit fails", batch.size());
      knows_.store_failed();
      for (asked const& r : batch) r->failure = full;
      if (next == disk_weather::fate::crash_before) on_.crash();
      return;
    }
    file_.commit();
  } catch (std::exception const& e) {
    knows_.told.fail(std::string("the database fails: ") + e.what());
    file_.roll_back();
    for (asked const& r : batch) r->failure = e.what();
    return;
  }
  ++counted_.commits;
  counted_.requests += batch.size();
  for (asked const& r : batch) r->committed();
  if (next == disk_weather::fate::crash_after) on_.crash();
}

void disk::read_one(request& what) {
  if (weather_.flaky && luck_.one_in(10)) {
    knows_.store_failed();
    what.failure = "disk I/O error";
    return;
  }
  try {
    what.work();
  } catch (std::exception const& e) {
    knows_.told.fail(std::string("the database fails: ") + e.what());
    what.failure = e.what();
  }
}

void disk::answer() {
  for (asked const& r : std::exchange(done_, {})) on_.waits.wake(r->who);
}

}  // namespace buildwatch::simulation

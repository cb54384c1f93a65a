#include "store/worker.hpp"

#include <algorithm>
#include <utility>

#include "store/failure.hpp"

namespace buildwatch::store {
namespace {

using namespace std::chrono_literals;

constexpr auto chores_every = 1min;
constexpr int most_pages_in_log = 1000;  // 4 MiB; then they are copied into the file

/// Whether it is the disk's or the file's fault: the neighbours would fare no better.
bool of_the_file(std::exception const& e) {
  auto const* const known = dynamic_cast<failure const*>(&e);
  return known != nullptr && known->of_the_file();
}

}  // namespace

worker::worker(desk& work, std::unique_ptr<database> file, std::function<base::wall_time()> now, done back)
    : desk_(work), file_(std::move(file)), now_(std::move(now)), back_(std::move(back)) {}

void worker::run() {
  for (;;) {
    desk::turn turn = desk_.take(chores_due() ? 0ms : chores_every);
    if (turn.over) break;
    if (turn.tasks.empty()) {
      if (chores_due()) chores();
      continue;
    }
    finished batch;
    batch.tasks = std::move(turn.tasks);
    carry_out(batch);
    back_(std::move(batch));
    if (file_->pages_in_log() > most_pages_in_log) file_->checkpoint();
  }
  file_.reset();
}

// ---- what is asked ----

void worker::carry_out(finished& batch) {
  bool const writes = std::ranges::any_of(batch.tasks, [](auto const& t) { return t->writes; });
  std::string why;
  end const how = writes ? together(batch, why) : end::of_one;
  if (how == end::well) return;
  for (auto const& t : batch.tasks) {
    if (how == end::of_all && t->writes) {
      t->failed = why;
    } else {
      alone(*t, batch);
    }
  }
}

/// Reads among the writes see what is not yet committed, so they go back with it or not at all.
worker::end worker::together(finished& batch, std::string& why) {
  bool within = false;
  try {
    file_->begin();
    within = true;
    for (auto const& t : batch.tasks) t->work(*file_);
    within = false;
    file_->commit();
    ++batch.commits;
    batch.writes += static_cast<std::uint64_t>(std::ranges::count_if(batch.tasks, [](auto& t) { return t->writes; }));
    return end::well;
  } catch (std::exception const& e) {
    file_->roll_back();
    why = e.what();
    return within && !of_the_file(e) ? end::of_one : end::of_all;
  }
}

void worker::alone(task& t, finished& counts) {
  try {
    if (t.writes) file_->begin();
    t.work(*file_);
    if (!t.writes) return;
    file_->commit();
    ++counts.commits;
    ++counts.writes;
  } catch (std::exception const& e) {
    if (t.writes) file_->roll_back();
    t.failed = e.what();
  }
}

// ---- when nothing is asked ----

/// Once a minute by the wall clock, whichever way it steps.
bool worker::chores_due() const {
  if (more_chores_ || !last_chores_) return true;
  base::wall_time const now = now_();
  return now < *last_chores_ || now - *last_chores_ >= chores_every;
}

void worker::chores() {
  last_chores_ = now_();
  more_chores_ = prune();
  if (!more_chores_ && file_->pages_in_log() > 0) file_->checkpoint();
}

/// Another time, where it fails: whoever writes says why.
bool worker::prune() {
  try {
    file_->begin();
    bool const more = file_->prune(*last_chores_);
    file_->commit();
    return more;
  } catch (std::exception const&) {
    file_->roll_back();
    return false;
  }
}

}  // namespace buildwatch::store

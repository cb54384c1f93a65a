#include "store/desk.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace buildwatch::store {

void desk::ask(std::shared_ptr<task> what) {
  std::lock_guard const lock(guard_);
  tasks_.push_back(std::move(what));
  asked_.notify_one();
}

void desk::close() {
  std::lock_guard const lock(guard_);
  closed_ = true;
  asked_.notify_one();
}

void desk::abandon() {
  std::lock_guard const lock(guard_);
  closed_ = true;
  loop_ = {};
  asked_.notify_one();
}

desk::turn desk::take(std::chrono::milliseconds patience) {
  std::unique_lock lock(guard_);
  asked_.wait_for(lock, patience, [&] { return closed_ || !tasks_.empty(); });
  turn t;
  t.tasks = std::exchange(tasks_, {});
  t.over = closed_ && t.tasks.empty();
  return t;
}

void desk::send_back(std::function<void()> what) {
  std::lock_guard const lock(guard_);
  if (loop_) boost::asio::post(loop_, std::move(what));
}

}  // namespace buildwatch::store

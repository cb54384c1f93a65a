#include "service/aside.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "buildwatch/base/thread.hpp"

namespace buildwatch::service {

void aside::run(std::shared_ptr<aside> const& self, std::function<std::function<void()>()> work) {
  base::start_thread([self, work = std::move(work)] { self->come_back(work()); });
}

void aside::come_back(std::function<void()> then) {
  std::lock_guard const lock(guard_);
  if (loop_) boost::asio::post(loop_, std::move(then));
}

void aside::close() {
  std::lock_guard const lock(guard_);
  loop_ = {};
}

}  // namespace buildwatch::service

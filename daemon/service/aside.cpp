#include "service/aside.hpp"

#include <signal.h>

#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

namespace buildwatch::service {

void aside::run(std::shared_ptr<aside> const& self, std::function<std::function<void()>()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the loop's
  std::thread([self, work = std::move(work)] { self->come_back(work()); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
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

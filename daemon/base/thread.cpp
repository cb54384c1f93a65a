#include "buildwatch/base/thread.hpp"

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace buildwatch::base {
namespace {

/// A thread inherits the mask of the one that starts it (pthread_sigmask(3)).
class signals_blocked {
 public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(signals_blocked const&) = delete;
  signals_blocked& operator=(signals_blocked const&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

void start_thread(std::function<void()> work) {
  signals_blocked const quiet;
  std::thread(std::move(work)).detach();
}

}  // namespace buildwatch::base

// A disk that takes nothing more.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace buildwatch::store::testing {

/// Files of this process do not grow beyond a size: as on a full disk, but for the error's number.
class no_room {
 public:
  explicit no_room(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const less{bytes, before_.rlim_max};
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &less);
  }
  ~no_room() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  no_room(no_room const&) = delete;
  no_room& operator=(no_room const&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace buildwatch::store::testing

#include "service/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "buildwatch/service/commands.hpp"

namespace buildwatch::service {

sigset_t followed_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int const number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

void prepare_process() {
  hold_standard_descriptors();
  settle_signals();
}

void end_with_the_reader() { std::signal(SIGPIPE, SIG_DFL); }

void hold_signals() {
  sigset_t const held = followed_signals();
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

void settle_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
}

void hold_standard_descriptors() {
  for (int const fd : {0, 1, 2}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened the wrong way round: reading 0 and writing 1 and 2 fails, as it did before.
    [[maybe_unused]] int const opened = ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
}

void allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace buildwatch::service

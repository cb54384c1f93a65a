#include "sinks/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace buildwatch::sinks {
namespace {

/// The two structs of posix_spawn(3) with their clean-up.
struct spawn_plan {
  spawn_plan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  spawn_plan(spawn_plan const&) = delete;
  spawn_plan& operator=(spawn_plan const&) = delete;
  ~spawn_plan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

base::error failure(std::string_view what, int error) { return {fmt::format("{}: {}", what, std::strerror(error))}; }

// Descriptors 0 to 2 are the child's to fill; one of ours down there would be overwritten half-way.
descriptor above_standard(descriptor fd) {
  if (!fd || fd.get() > 2) return fd;
  return descriptor(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

descriptor memory_file(std::string_view bytes) {
  descriptor file(::memfd_create("event", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return file;
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t const n = ::pwrite(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n <= 0) return descriptor();
    done += static_cast<std::size_t>(n);
  }
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return above_standard(std::move(file));
}

void arrange(spawn_plan& plan, int input, int output) {
  posix_spawn_file_actions_adddup2(&plan.actions, input, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, output, 1);
  posix_spawn_file_actions_adddup2(&plan.actions, output, 2);
  posix_spawn_file_actions_addchdir_np(&plan.actions, "/");
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  sigset_t all, none;
  // Not sigfillset: it leaves out the two signals that glibc uses itself, and posix_spawn would then hand them on
  // ignored.
  std::memset(&all, 0xFF, sizeof all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

std::vector<char*> pointers(std::vector<std::string> const& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (std::string const& s : strings) list.push_back(const_cast<char*>(s.c_str()));  // posix_spawn(3) does not write
  list.push_back(nullptr);
  return list;
}

// glibc 2.36 has pidfd_open, but its header lacks extern "C".
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

base::result<program> program::start(std::vector<std::string> const& command,
                                     std::vector<std::string> const& environment, std::string_view input) {
  descriptor const stdin_file = memory_file(input);
  if (!stdin_file) return failure("can not hold the event for the program", errno);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failure("can not make a pipe for the program's output", errno);
  descriptor read_end(ends[0]);
  descriptor const write_end = above_standard(descriptor(ends[1]));
  if (!write_end) return failure("can not make a pipe for the program's output", errno);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);

  spawn_plan plan;
  arrange(plan, stdin_file.get(), write_end.get());
  auto const arguments = pointers(command);
  auto const variables = pointers(environment);
  pid_t pid = -1;
  int const error =
      ::posix_spawn(&pid, command.front().c_str(), &plan.actions, &plan.attributes, arguments.data(), variables.data());
  if (error != 0) return failure("can not run " + command.front(), error);
  program started(pid);
  started.output = std::move(read_end);
  started.exit = descriptor(open_pidfd(pid));
  if (!started.exit) return not_watched(started, errno);
  return started;
}

base::error program::not_watched(program& started, int error) {
  pid_t const pid = std::exchange(started.pid_, -1);
  if (error == ESRCH) return {std::string(status_lost)};
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);  // it has hardly begun: this does not take long
  return failure("can not watch the program", error);
}

program::program(program&& other) noexcept
    : exit(std::move(other.exit)), output(std::move(other.output)), pid_(std::exchange(other.pid_, -1)) {}

program::~program() {
  if (pid_ < 0) return;
  kill_group();
  // Killed, so this is short; where it is not (a process stuck in the kernel), init reaps it after us.
  ::waitpid(pid_, nullptr, WNOHANG);
}

void program::kill_group() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::optional<program_end> program::reap() {
  siginfo_t info{};
  program_end end;
  if (::waitid(P_PIDFD, static_cast<id_t>(exit.get()), &info, WEXITED | WNOHANG) != 0) {
    if (errno != ECHILD) return std::nullopt;
    end.lost = true;
  } else if (info.si_pid == 0) {
    return std::nullopt;
  }
  pid_ = -1;
  end.exited = info.si_code == CLD_EXITED;
  end.number = info.si_status;
  return end;
}

}  // namespace buildwatch::sinks

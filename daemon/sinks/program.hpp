// A child process of an exec sink: started with nothing inherited, killed as a group, reaped through its pidfd.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/base/result.hpp"
#include "sinks/descriptor.hpp"

namespace buildwatch::sinks {

/// What is said where `program_end::lost`.
inline constexpr std::string_view status_lost = "exit status lost: SIGCHLD is ignored";

/// How a program ended.
struct program_end {
  bool exited = false;  ///< else killed by a signal
  int number = 0;       ///< exit status or signal
  bool lost = false;    ///< somebody else took the status (SIGCHLD is ignored)
};

/// Not thread-safe. A program that still runs when this goes is killed.
class program {
 public:
  /// Starts `command` without a shell: `environment` ("K=v") is all of its environment, `input` its standard input (a
  /// sealed memory file: it can be read or not, at any size, and nobody waits), cwd /, default signals, own process
  /// group, output and errors in one pipe. Fails in words: "can not run /usr/local/bin/on-build: No such file or
  /// directory".
  static base::result<program> start(std::vector<std::string> const& command,
                                     std::vector<std::string> const& environment, std::string_view input);
  program(program&& other) noexcept;
  program& operator=(program&&) = delete;
  ~program();

  /// SIGKILL to the whole group, as long as it is known to be this program's.
  void kill_group();
  /// nullopt: it still runs.
  [[nodiscard]] std::optional<program_end> reap();

  descriptor exit;    ///< pidfd: readable once it has ended
  descriptor output;  ///< non-blocking

 private:
  explicit program(pid_t pid) : pid_(pid) {}
  static base::error not_watched(program& started, int error);
  pid_t pid_ = -1;  // -1: reaped, the number may be another's
};

}  // namespace buildwatch::sinks

// Lines for people on standard output and standard error.
#pragma once

#include <cstdio>
#include <string_view>

namespace buildwatch::base {

/// Never fails: whether a line went out shows in std::ferror(to), and for standard output in the exit code (cli/app).
inline void print_line(std::FILE* to, std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), to);
  std::fputc('\n', to);
}

}  // namespace buildwatch::base

#include <unistd.h>

#include <cstdio>

#include "buildwatch/base/print.hpp"
#include "buildwatch/service/ascii.hpp"
#include "cli/commands.hpp"

namespace buildwatch::cli {

void tell(std::string_view line) {
  static bool const utf8 = service::takes_utf8(STDOUT_FILENO);
  base::print_line(stdout, utf8 ? std::string(line) : service::as_ascii(line));
}

}  // namespace buildwatch::cli

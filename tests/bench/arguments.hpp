// What every client of the benchmark is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace buildwatch::bench {

/// Where to fetch what, for how long. All programs take all of it; what does not concern one, it leaves alone.
struct arguments {
  std::string host = "localhost";  ///< also the name the certificate is checked against
  std::uint16_t port = 443;
  std::string target;   ///< path of a build-info request; the poll path makes its own
  std::string ca_file;  ///< PEM of the authority the server's certificate comes from
  unsigned connections = 64;
  std::chrono::milliseconds warm_up{500};  ///< before anything is measured
  std::chrono::milliseconds time{4000};    ///< that is measured
  unsigned per_second = 0;                 ///< raw epoll only: requests; 0: as many as it can
  unsigned jobs = 1000;                    ///< poll path only
  std::chrono::milliseconds interval{10};  ///< poll path only: between polls of a job; more than one core can send
};

/// Reads `--name value` pairs. A wrong one ends the process with 2: these programs are started by scripts.
inline arguments read_arguments(int count, char** words) {
  arguments a;
  for (int i = 1; i + 1 < count; i += 2) {
    std::string_view const name = words[i];
    char const* const value = words[i + 1];
    auto const number = [value] { return std::strtoul(value, nullptr, 10); };
    if (name == "--host") {
      a.host = value;
    } else if (name == "--port") {
      a.port = static_cast<std::uint16_t>(number());
    } else if (name == "--target") {
      a.target = value;
    } else if (name == "--ca-file") {
      a.ca_file = value;
    } else if (name == "--connections") {
      a.connections = static_cast<unsigned>(number());
    } else if (name == "--warm-up-ms") {
      a.warm_up = std::chrono::milliseconds(number());
    } else if (name == "--measure-ms") {
      a.time = std::chrono::milliseconds(number());
    } else if (name == "--per-second") {
      a.per_second = static_cast<unsigned>(number());
    } else if (name == "--jobs") {
      a.jobs = static_cast<unsigned>(number());
    } else if (name == "--interval-ms") {
      a.interval = std::chrono::milliseconds(number());
    } else {
      std::fprintf(stderr, "%s: unknown option %s\n", words[0], words[i]);
      std::exit(2);
    }
  }
  return a;
}

[[noreturn]] inline void die(char const* what) {
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

}  // namespace buildwatch::bench

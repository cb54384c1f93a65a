#include "service/status_line.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace buildwatch::service {

std::string status_line(watch::engine_counts const& jobs, std::span<notify::queue_counts const> sinks,
                        std::string const& trouble) {
  std::uint64_t waiting = 0;
  bool more = false;
  for (notify::queue_counts const& sink : sinks) {
    waiting += sink.pending + sink.in_flight;
    more = more || sink.more;
  }
  std::string line = fmt::format("watching {} jobs, {} running, {} unreachable, {}{} notifications waiting", jobs.jobs,
                                 jobs.running, jobs.unreachable, waiting, more ? "+" : "");
  if (jobs.not_found > 0) line += fmt::format(", {} not found", jobs.not_found);
  if (!trouble.empty()) line += "; " + trouble;
  return line;
}

}  // namespace buildwatch::service

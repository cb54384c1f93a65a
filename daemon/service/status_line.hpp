// The daemon in one line, for `systemctl status`.
#pragma once

#include <span>
#include <string>

#include "buildwatch/notify/queue.hpp"
#include "buildwatch/watch/engine.hpp"

namespace buildwatch::service {

/// "watching 214 jobs, 3 running, 0 unreachable, 2 notifications waiting"; "2+" where the outbox holds more than
/// memory. `trouble`: of the last reload; empty: none. Pure.
[[nodiscard]] std::string status_line(watch::engine_counts const& jobs, std::span<notify::queue_counts const> sinks,
                                      std::string const& trouble);

}  // namespace buildwatch::service

// What the process sets up for itself before it does anything: signals, descriptors.
#pragma once

#include <csignal>
#include <cstddef>

namespace buildwatch::service {

/// SIGTERM, SIGINT and SIGHUP: what run() follows.
[[nodiscard]] sigset_t followed_signals();

/// SIGPIPE is ignored (a peer that goes away is an error of that write, not the end of the process), SIGCHLD is not,
/// whatever was inherited (an exec sink wants to know how its program ended: waitid(2)).
void settle_signals();

/// Descriptors 0 to 2 that were inherited closed are opened so that using them fails: a socket that got such a number
/// would be taken for standard error. Call before anything is opened.
void hold_standard_descriptors();

/// Lifts the soft limit of open descriptors to `wanted`, as far as the hard limit allows; never lowers it.
void allow_descriptors(std::size_t wanted);

}  // namespace buildwatch::service

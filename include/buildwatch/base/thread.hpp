// A thread beside the loop, for what may wait: a disk, a name look-up.
#pragma once

#include <functional>

namespace buildwatch::base {

/// Runs `work` on a thread of its own that takes no signals (they are the loop's) and that nobody joins: what it brings
/// back goes through shared state that may be abandoned. Throws std::system_error where no thread is to be had.
void start_thread(std::function<void()> work);

}  // namespace buildwatch::base

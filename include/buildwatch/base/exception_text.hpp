// What an exception that escaped a task says, for the log.
#pragma once

#include <exception>
#include <string>

namespace buildwatch::base {

/// Its what(); "unknown exception" for what is no std::exception. `e` is not null. Any thread.
[[nodiscard]] std::string text_of(std::exception_ptr const& e);

}  // namespace buildwatch::base

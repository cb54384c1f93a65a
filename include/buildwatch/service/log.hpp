// The log behind base's port: lines of text or JSON on stderr, through spdlog.
#pragma once

#include <memory>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"

namespace buildwatch::service {

/// Writes to `fd`. A reader that does not read never stops the loop: lines that can not be written at once are dropped,
/// and the next line that can be says how many were.
[[nodiscard]] std::unique_ptr<base::log> make_log(config::log_options const& options, int fd);

}  // namespace buildwatch::service

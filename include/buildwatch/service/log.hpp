// The log behind base's port: lines of text or JSON on stderr, through spdlog.
#pragma once

#include <memory>

#include "buildwatch/base/log.hpp"
#include "buildwatch/config/config.hpp"

namespace buildwatch::service {

/// A log whose settings a reload may change.
class adjustable_log : public base::log {
 public:
  virtual void adjust(config::log_options const& options) = 0;
};

/// Writes to `fd`. A reader that does not read never stops the loop: lines that can not be written at once are dropped,
/// and the next line that can be says how many were.
[[nodiscard]] std::unique_ptr<adjustable_log> make_log(config::log_options const& options, int fd);

}  // namespace buildwatch::service

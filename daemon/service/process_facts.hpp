// What this process takes, by proc(5), as the Prometheus clients tell it.
#pragma once

#include "buildwatch/web/metrics.hpp"

namespace buildwatch::service {

/// What cannot be read is 0.
[[nodiscard]] web::process_metrics process_facts();

}  // namespace buildwatch::service

// What this process takes, by proc(5), as the Prometheus clients tell it.
#pragma once

#include "buildwatch/web/metrics.hpp"

namespace buildwatch::service {

class process_facts {
 public:
  process_facts();
  /// What cannot be read is 0.
  [[nodiscard]] web::process_metrics now() const;

 private:
  double started_;  // seconds since the epoch, by the clock at the first look: it does not move afterwards
};

}  // namespace buildwatch::service

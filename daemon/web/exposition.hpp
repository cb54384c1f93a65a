// The Prometheus text format, version 0.0.4.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "buildwatch/web/metrics.hpp"
#include "web/answer.hpp"

namespace buildwatch::web {

inline constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::unique_ptr<pieces> metrics_body(metric_values values, server_metrics const& server);

}  // namespace buildwatch::web

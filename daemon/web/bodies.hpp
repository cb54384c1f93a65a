// The API's bodies (contract, section 5).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "buildwatch/web/ports.hpp"
#include "web/answer.hpp"

namespace buildwatch::web {

[[nodiscard]] std::string job_json(job_view const& j);
/// {"jobs": […], "next": …}, at most `limit` after `after`, read as they are needed.
[[nodiscard]] std::unique_ptr<pieces> jobs_body(web::jobs const& from, std::string after, std::size_t limit);
/// Both, the highest number first, at most `limit`. One that has ended since `running` was told is there once.
[[nodiscard]] std::vector<model::build> with_running(std::vector<model::build> finished,
                                                     std::vector<model::build> running, std::size_t limit);
/// {"builds": […]}
[[nodiscard]] std::unique_ptr<pieces> builds_body(std::vector<model::build> builds);
/// {"events": […]}
[[nodiscard]] std::unique_ptr<pieces> events_body(std::vector<model::event> events);
/// {"sinks": […]}
[[nodiscard]] std::string sinks_json(std::span<sink_view const> sinks);
/// {"status": "ok" or "unavailable", "reasons": […]}
[[nodiscard]] std::string health_json(std::span<std::string const> reasons);

}  // namespace buildwatch::web

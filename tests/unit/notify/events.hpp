// Events that tests of deliveries use.
#pragma once

#include <memory>
#include <string>

#include "buildwatch/model/event.hpp"

namespace buildwatch::testing {

inline base::wall_time at(std::int64_t milliseconds) {
  return base::wall_time(std::chrono::milliseconds(1'795'465'103'417 + milliseconds));  // 2026-11-23T20:18:23.417Z
}

inline model::job a_job() {
  return {"firmware-nightly", "huawei", "48c66c6002964721be537cdc6ce0297b", {{"arch", "arm64"}, {"team", "firmware"}}};
}

inline model::event finished_event(model::outcome outcome = model::outcome::failure) {
  model::event e;
  e.id = "evt_3b1f00000000000000000000000000aa";
  e.type = model::event_type::build_finished;
  e.timestamp = at(0);
  e.sequence = 118;
  e.provider = "huawei";
  e.job = a_job();
  model::build b;
  b.number = 42;
  b.outcome = outcome;
  b.result = outcome == model::outcome::failure ? "FAILURE" : "SUCCESS";
  b.region = "cn-north-4";
  b.started_at = at(-4'392'000);
  b.finished_at = at(-6'000);
  b.last_seen_running = at(-12'000);
  b.first_seen_finished = at(0);
  e.build = b;
  return e;
}

inline model::event event_of_type(model::event_type type) {
  model::event e = finished_event();
  e.type = type;
  bool const of_build = type <= model::event_type::build_overdue;
  bool const of_provider = type >= model::event_type::provider_unreachable;
  if (of_build && type != model::event_type::build_finished) {
    model::build b;
    b.number = 42;
    b.building = true;
    b.region = "cn-north-4";
    b.last_seen_running = at(0);
    e.build = b;
  }
  if (!of_build) e.build.reset();
  if (of_provider) e.job.reset();
  return e;
}

/// An event of its own id and job.
inline std::shared_ptr<model::event const> event_numbered(int number, std::string const& job) {
  model::event e = finished_event();
  e.id = "evt_" + std::to_string(number);
  e.job->name = job;
  e.job->job_id = job;
  return std::make_shared<model::event const>(std::move(e));
}

}  // namespace buildwatch::testing

// An event among the fields of a log line.
#pragma once

#include "buildwatch/base/log.hpp"
#include "buildwatch/model/event.hpp"

namespace buildwatch::model {

/// Adds event_id and provider, and job, build and outcome where the event has them.
void add_fields(base::log_event& to, event const& e);

}  // namespace buildwatch::model

// Waiting on the one timer, for the few places that wait for time itself.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "buildwatch/base/alarms.hpp"

namespace buildwatch::service {

/// Resumes at `when`. Not cancellable.
boost::asio::awaitable<void> sleep_until(base::alarms& alarms, base::time_point when);

}  // namespace buildwatch::service

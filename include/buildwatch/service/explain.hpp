// `buildwatchd explain`: whom an event that did not happen would reach, and why not the others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "buildwatch/config/config.hpp"
#include "buildwatch/model/selector.hpp"

namespace buildwatch::service {

/// A line a sink, in the order of the file, for an event that the selector matches: an outcome word is a build that
/// ends so without a change; a change word one with the outcome that goes with it (broken: failure); `finished` one
/// whose outcome is left open, so that only rules which want any build's end hold. `all`: each selector in turn, headed
/// by its name. Secrets are not asked for. Pure.
///
/// "oncall: owed (rules[0]); falls back to console once dead, or after 1 h", "console: not asked: rules[1]: wants
/// fixed"
[[nodiscard]] std::vector<std::string> explain_job(config::settings const& what, std::size_t job, model::selector s);

/// The same of a provider as a whole, whose events are `unreachable` and `recovered`. Empty: any other selector.
[[nodiscard]] std::vector<std::string> explain_provider(config::settings const& what, std::size_t provider,
                                                        model::selector s);

}  // namespace buildwatch::service

// For trays and wikis: the cctray feed and the badge.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "buildwatch/web/ports.hpp"
#include "web/answer.hpp"

namespace buildwatch::web {

/// One <Project …/> of the feed as https://cctray.org/v1/ has it: name, activity, lastBuildStatus, lastBuildLabel,
/// lastBuildTime (UTC, whole seconds), webUrl. lastBuild… are of the newest build that has finished; without one the
/// label is empty; where nothing is known of its time that is the epoch, for it is required. A job that cannot be
/// watched is an Exception, whatever its last build said. `root`: address of the page, where the job is what is linked
/// to; the url of a build's source is that of a commit.
[[nodiscard]] std::string cctray_project(job_view const& j, std::string_view root);
/// The whole feed.
[[nodiscard]] std::unique_ptr<pieces> cctray_body(web::jobs const& from, std::string root);

/// An SVG image: the job's name and how its newest finished build ended.
[[nodiscard]] std::string badge_svg(job_view const& j);

}  // namespace buildwatch::web

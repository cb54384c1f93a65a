// Events that did not happen: what a test event is made of, and what `explain` asks about.
#pragma once

#include <cstdint>
#include <string>

#include "buildwatch/model/event.hpp"
#include "buildwatch/model/selector.hpp"

namespace buildwatch::model {

/// An event of `job` that the selector matches, seen at `now`, with neither id nor sequence. A change word gives the
/// outcome that goes with it and a build before this one; an outcome word gives no change. `finished` and `all` are a
/// failure without a change. `build`: its number, 2 or more (a build before it may be told of).
[[nodiscard]] event imagined_event(selector s, model::job job, std::uint32_t build, base::wall_time now);

/// The same of a provider as a whole: `recovered`, else unreachable.
[[nodiscard]] event imagined_event(selector s, std::string provider, base::wall_time now);

}  // namespace buildwatch::model

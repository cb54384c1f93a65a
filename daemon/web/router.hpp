// Which path is what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace buildwatch::web {

enum class place : std::uint8_t {
  nowhere,
  healthz,
  readyz,
  metrics,
  jobs,
  job,
  builds,
  events,
  stream,
  sinks,
  cctray,
  badge,
  page,  ///< one of the page's files, see page.hpp
};

struct route {
  place where = place::nowhere;
  std::string name;  ///< job, builds, badge: of the job
  friend bool operator==(route const&, route const&) = default;
};

/// `path` is percent-decoded. What has no place here is nowhere, trailing slashes included.
[[nodiscard]] route route_of(std::string_view path);

/// Everybody may ask these, token or not: they say nothing but yes and no.
[[nodiscard]] bool open_to_all(place where);

}  // namespace buildwatch::web

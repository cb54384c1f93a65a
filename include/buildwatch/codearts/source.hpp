// CodeArts Build as a watch::build_source.
#pragma once

#include <memory>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/codearts/options.hpp"
#include "buildwatch/net/client.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::codearts {

/// What a source is made from; outlives it.
struct parts {
  net::context const& net;
  base::log& log;
};

/// Fails where a certificate can not be loaded. `options` is copied.
[[nodiscard]] base::result<std::unique_ptr<watch::build_source>> make_source(parts const& shared,
                                                                             provider_options const& options);

}  // namespace buildwatch::codearts

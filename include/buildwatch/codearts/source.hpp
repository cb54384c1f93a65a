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

/// The connections of a source.
struct clients {
  std::unique_ptr<net::client> api;  ///< to the provider's endpoint
  std::unique_ptr<net::client>
      credentials;  ///< to IAM or the metadata service; null with other kinds of authentication
};

/// Fails where a certificate can not be loaded, or a credential can not be sent at all. `options` is copied. Stop it,
/// and let the loop turn once, before it is destroyed.
[[nodiscard]] base::result<std::unique_ptr<watch::build_source>> make_source(parts const& shared,
                                                                             provider_options const& options);

/// The same over connections made elsewhere: the seam for tests.
[[nodiscard]] base::result<std::unique_ptr<watch::build_source>> make_source(parts const& shared,
                                                                             provider_options const& options,
                                                                             clients over);

}  // namespace buildwatch::codearts

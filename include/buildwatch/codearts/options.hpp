// Settings of a CodeArts provider.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/secret.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/net/options.hpp"

namespace buildwatch::codearts {

/// `type: aksk`: signs each request (SDK-HMAC-SHA256, codearts-api.md 3.2).
struct aksk_auth {
  base::secret access_key;
  base::secret secret_key;
  base::secret security_token;  ///< of temporary keys; empty: none
  friend bool operator==(aksk_auth const&, aksk_auth const&) = default;
};

/// `type: token`: a token made elsewhere.
struct token_auth {
  base::secret token;
  /// Reads the configured scalar again (a `${file:}` may have changed) when the token is refused; empty function: it
  /// can not change.
  std::function<base::result<base::secret>()> read_again;
  /// The scalar itself and where it stands: tells what one read_again reads from what another does. Empty without one.
  base::secret read_from = {};
  friend bool operator==(token_auth const& a, token_auth const& b) {
    return a.token == b.token && a.read_from == b.read_from;
  }
};

/// `type: iam`: fetches tokens by password (codearts-api.md 3.1).
struct iam_auth {
  std::string domain;
  std::string user;
  base::secret password;
  std::string project;  ///< empty: the region
  net::url endpoint;    ///< without a host: iam_endpoint(region). Its path, if any, stands before the API's paths
  friend bool operator==(iam_auth const&, iam_auth const&) = default;
};

/// `type: ecs`: temporary keys from the metadata service (codearts-api.md 3.3).
struct ecs_auth {
  net::url endpoint;  ///< without a host: metadata_endpoint(); another for tests
  friend bool operator==(ecs_auth const&, ecs_auth const&) = default;
};

/// `type: none`: for a gateway that adds authentication.
struct no_auth {
  friend bool operator==(no_auth const&, no_auth const&) = default;
};

using auth = std::variant<no_auth, aksk_auth, token_auth, iam_auth, ecs_auth>;

struct provider_options {
  std::string name;    ///< ^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$
  std::string region;  ///< may be empty where an endpoint is given; of several results the one for this region counts
  net::url endpoint;   ///< derived from the region, or given. Its path, if any, stands before the API's paths
  std::string iam_project_id;  ///< sent and signed as X-Project-Id; empty: not sent
  codearts::auth auth;
  base::duration timeout = std::chrono::seconds(10);  ///< one request, look-up and connecting included; 50 ms or more
  unsigned connections = 8;                           ///< 1..1024
  double rate_per_second = 10;                        ///< > 0..10000; bursts of one second's worth
  std::optional<net::url> proxy;                      ///< resolved: explicit, from the environment, or none
  net::tls_options tls;
  friend bool operator==(provider_options const&, provider_options const&) = default;
};

/// Where the build service of a region answers (codearts-api.md 5): https://cloudbuild-ext.{region}.myhuaweicloud.com.
[[nodiscard]] net::url service_endpoint(std::string_view region);
/// Where tokens of a region are to be had (codearts-api.md 3.1): https://iam.{region}.myhuaweicloud.com.
[[nodiscard]] net::url iam_endpoint(std::string_view region);
/// Where a server of Huawei Cloud finds its temporary keys (codearts-api.md 3.3).
[[nodiscard]] net::url metadata_endpoint();

}  // namespace buildwatch::codearts

// The kinds of authentication, by `auth.type`.
#pragma once

#include <memory>
#include <string>

#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/codearts/options.hpp"
#include "buildwatch/net/client.hpp"
#include "codearts/credentials.hpp"
#include "codearts/fetched_credentials.hpp"

namespace buildwatch::codearts {

/// What a signature covers besides the address.
struct signing_scope {
  std::string host;        ///< value of the Host header
  std::string project_id;  ///< value of X-Project-Id; empty: not sent
};

[[nodiscard]] std::unique_ptr<credentials> make_none();
[[nodiscard]] base::result<std::unique_ptr<credentials>> make_aksk(aksk_auth const& what, signing_scope const& scope);
[[nodiscard]] base::result<std::unique_ptr<credentials>> make_token(token_auth const& what);
/// `iam` talks to its endpoint. Tokens are for its project.
[[nodiscard]] base::result<std::shared_ptr<credential_fetcher>> make_iam(net::context const& shared,
                                                                         iam_auth const& what,
                                                                         std::unique_ptr<net::client> iam);
/// `metadata` talks to its endpoint.
[[nodiscard]] std::shared_ptr<credential_fetcher> make_ecs(net::context const& shared, ecs_auth const& what,
                                                           signing_scope const& scope,
                                                           std::unique_ptr<net::client> metadata);

/// True when `value` can be sent as the value of a header: not empty, no control character.
[[nodiscard]] bool fit_for_header(std::string_view value);
/// "https://host/path?query" -> "/path", without a slash at its end; "" for the root.
[[nodiscard]] std::string path_prefix(net::url const& address);

}  // namespace buildwatch::codearts

// Credentials that are fetched from somewhere and end: `iam` and `ecs`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/log.hpp"
#include "buildwatch/net/client.hpp"
#include "codearts/credentials.hpp"

namespace buildwatch::codearts {

/// What a fetch brought.
struct fetched {
  std::optional<trouble> problem;  ///< nothing; the other fields mean nothing then
  bool changed = false;            ///< another credential than before
  base::duration usable{};         ///< from now on
  base::duration renew_after{};    ///< from now on; less than usable
};

/// Where a credential comes from; keeps the one it got last. Loop thread only.
class credential_fetcher {
 public:
  virtual ~credential_fetcher() = default;
  /// Gets a credential. One at a time. close() ends it.
  virtual boost::asio::awaitable<fetched> fetch(base::time_point deadline) = 0;
  /// As credentials::sign; only after a fetch that went well.
  virtual void sign(std::string_view canonical_address, base::instant now, std::string& headers) = 0;
  virtual void hide(std::string& words) const = 0;
  virtual void close() = 0;
};

struct fetching {
  net::context const& net;
  base::log& log;
  std::string provider;    ///< its name, for the log
  base::duration timeout;  ///< of one fetch
};

/// Shares what `from` fetches: one fetch at a time, renewed ahead of time in the background, and once after a refusal.
[[nodiscard]] std::unique_ptr<credentials> make_fetched(fetching const& how, std::shared_ptr<credential_fetcher> from);

}  // namespace buildwatch::codearts

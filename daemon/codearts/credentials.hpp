// How requests prove who sends them: one implementation for each `auth.type`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"
#include "buildwatch/model/observation.hpp"

namespace buildwatch::codearts {

/// Why a credential can not be had. `text` is for people, holds no secret and names who refused.
struct trouble {
  model::fault fault = model::fault::other;
  std::string text;
  std::optional<base::duration> retry_after;  ///< with fault::throttled
};

/// What became of a credential that was refused.
struct renewal {
  bool changed = false;  ///< there is another one: worth repeating the request, once
  std::optional<trouble> problem;
};

/// Loop thread only. stop() before the end, and the loop must turn once after it.
class credentials {
 public:
  virtual ~credentials() = default;

  /// True when sign() may be called. Starts a renewal ahead of time, in the background, when one is due.
  [[nodiscard]] virtual bool ready(base::instant now) = 0;
  /// Waits for a credential, until `deadline`. One fetch serves all who wait.
  virtual boost::asio::awaitable<std::optional<trouble>> obtain(base::time_point deadline) = 0;
  /// Appends the header lines for a GET of `canonical_address` (workspace.hpp). Returns which credential it used, for
  /// renew().
  virtual std::uint64_t sign(std::string_view canonical_address, base::instant now, std::string& headers) = 0;
  /// After a 401 to the credential `refused`: gets another one, until `deadline`. However many ask, one credential is
  /// renewed once.
  virtual boost::asio::awaitable<renewal> renew(std::uint64_t refused, base::time_point deadline) = 0;
  /// Whether there is another credential than the one used last; it is used from now on.
  virtual bool look_again() { return false; }
  /// Takes secrets out of words of the other side.
  virtual void hide(std::string& words) const = 0;
  /// Ends every wait.
  virtual void stop() = 0;
};

/// Credentials that are there from the start and can not be renewed: base of `none` and `aksk`.
class fixed_credentials : public credentials {
 public:
  bool ready(base::instant) override { return true; }
  boost::asio::awaitable<std::optional<trouble>> obtain(base::time_point) override { co_return std::nullopt; }
  boost::asio::awaitable<renewal> renew(std::uint64_t, base::time_point) override { co_return renewal(); }
  void stop() override {}
};

}  // namespace buildwatch::codearts

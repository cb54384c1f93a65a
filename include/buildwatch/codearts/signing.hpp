// AK/SK signatures of Huawei Cloud, SDK-HMAC-SHA256 (codearts-api.md 3.2).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildwatch/base/secret.hpp"
#include "buildwatch/base/time.hpp"

namespace buildwatch::codearts {

/// A request as the signature sees it: decoded values.
struct signable {
  std::string_view method;
  std::string_view path;  ///< decoded
  std::span<std::pair<std::string, std::string> const> query;
  std::span<std::pair<std::string, std::string> const> headers;  ///< all of them are signed; host and x-sdk-date included
  std::string_view body;
};

/// Signs with one key. Keeps the keyed context: 0.5 µs a request instead of 1.6. Not copyable; loop thread only.
class signer {
 public:
  signer(std::string access_key, base::secret const& secret_key);
  ~signer();
  signer(signer&&) noexcept;

  /// Value of the Authorization header. `sdk_date` is the value of X-Sdk-Date ("20260102T030405Z").
  [[nodiscard]] std::string authorization(signable const& what, std::string_view sdk_date);
  /// The same over a canonical request made beforehand (poll path); appends to `out`, allocates nothing else.
  void authorize(std::string_view canonical_request, std::string_view signed_headers, std::string_view sdk_date, std::string& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The canonical request of codearts-api.md 3.2.
[[nodiscard]] std::string canonical_request(signable const& what);
/// "YYYYMMDDTHHMMSSZ"
[[nodiscard]] std::string sdk_date(base::wall_time now);

}  // namespace buildwatch::codearts

// Signs GETs of one host with one key: the hot part of a poll.
#pragma once

#include <string>
#include <string_view>

#include "buildwatch/codearts/signing.hpp"
#include "codearts/auth.hpp"

namespace buildwatch::codearts {

/// Keeps what does not change from poll to poll: the keyed context, and, for one second at a time, everything below the
/// address in the canonical request.
class poll_signer {
 public:
  poll_signer(signing_scope scope, std::string_view access_key, base::secret const& secret_key,
              std::string_view security_token);

  /// Appends X-Sdk-Date, X-Security-Token (with temporary keys) and Authorization, a header line each.
  /// `canonical_address`: see workspace.hpp.
  void sign(std::string_view canonical_address, base::wall_time now, std::string& headers);

 private:
  void begin_second(std::chrono::sys_seconds second);

  signing_scope scope_;
  std::string security_token_;
  signer signer_;
  std::string signed_headers_;
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::string date_;           ///< X-Sdk-Date of this second
  std::string below_address_;  ///< the canonical request of this second, from the line break after the address on
  std::string lines_;          ///< the header lines of this second, up to the value of Authorization
  std::string canonical_;      ///< kept for its memory
};

}  // namespace buildwatch::codearts

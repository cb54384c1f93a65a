// The key of a webhook as it is written down (Standard Webhooks, "Signature scheme").
#pragma once

#include <string_view>

#include "buildwatch/base/result.hpp"
#include "buildwatch/base/secret.hpp"

namespace buildwatch::config {

/// "whsec_" and base64 (RFC 4648 section 4, padded) of 24 to 64 bytes -> those bytes. The error never quotes it.
[[nodiscard]] base::result<base::secret> decode_webhook_secret(std::string_view text);

}  // namespace buildwatch::config

// Percent-encoding as the signature wants it (codearts-api.md 3.2, RFC 3986 sections 2.1 and 2.3).
#pragma once

#include <string>
#include <string_view>

namespace buildwatch::codearts {

/// Appends `text` with every byte but the unreserved ones (A-Z a-z 0-9 - _ . ~) as %XX in upper case. `keep` is a byte
/// that stays.
void append_encoded(std::string_view text, std::string& out, char keep = '\0');

/// Decodes %XX; what is no such triplet stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace buildwatch::codearts

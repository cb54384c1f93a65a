// Calls beside the API itself, to get a credential: what can go wrong with them.
#pragma once

#include <string>
#include <string_view>

#include "buildwatch/base/time.hpp"
#include "buildwatch/codearts/answers.hpp"
#include "buildwatch/net/client.hpp"
#include "codearts/credentials.hpp"

namespace buildwatch::codearts {

/// The kind of failed poll that a request without an answer is.
[[nodiscard]] model::fault fault_of(net::errc code);

/// `side` names the other side in the text: "IAM https://iam.cn-north-4.myhuaweicloud.com".
[[nodiscard]] trouble no_answer(std::string_view side, net::failure const& why);

/// An answer other than the one hoped for. 400, 401, 403 and 404 refuse the credentials, 429 and 503 throttle, the rest
/// may pass.
[[nodiscard]] trouble bad_answer(std::string_view side, net::response const& answer, redaction const& hide,
                                 base::instant now);

/// An answer with the right status that makes no sense.
[[nodiscard]] trouble odd_answer(std::string_view side, std::string_view what);

/// Header lines that every request carries.
[[nodiscard]] std::string common_headers();

}  // namespace buildwatch::codearts

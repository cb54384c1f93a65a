// A failed answer in words: "HTTP 500 CB.00060101: Internal error."
#pragma once

#include <string>

#include "buildwatch/codearts/answers.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// What the other side said went wrong; where it said nothing of use, what is wrong with the answer itself. One line,
/// at most 300 bytes, without the secrets `answer.hide` knows.
[[nodiscard]] std::string problem(raw_answer const& answer, reply const& read);

/// An HTTP status and what is to be said about it, likewise: "HTTP 302: redirects are not followed".
[[nodiscard]] std::string problem(raw_answer const& answer, std::string_view what);

}  // namespace buildwatch::codearts

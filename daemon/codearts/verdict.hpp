// The rules that hold for the answer to any call: what is an error, and what kind of one (contract, section 3).
#pragma once

#include <string>
#include <string_view>

#include "buildwatch/codearts/answers.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// Empties `into`, which keeps its memory.
void begin(model::observation& into);
void see(model::sight what, model::observation& into);
void fail(model::fault of_kind, std::string text, model::observation& into);

/// Everything but an error: HTTP 200, a JSON object, no error in any shape, `status` success. A missing `status` may be
/// forgiven where the result is there (every field is optional in the vendor's SDK), any other value may not.
[[nodiscard]] bool well(unsigned status, reply const& read);
/// null, [] or {}: there, but with nothing in it. A missing `result` is not: a needed field that is missing is a failed
/// poll.
[[nodiscard]] bool empty_result(reply const& read);
/// The errors that mean "no such build". A job that does not exist is answered in the same way.
[[nodiscard]] bool no_such(unsigned status, reply const& read);

/// An answer that is not `well`, as the failed poll it is.
void fail_answer(raw_answer const& answer, reply const& read, model::observation& into);
/// The same of a call that not everybody may make: refused_call where it is that.
void fail_or_refuse(raw_answer const& answer, reply const& read, model::observation& into);
/// An answer that is `well`, but for `what`.
void fail_field(raw_answer const& answer, std::string_view what, model::observation& into);

/// An answer about a job: true where its result is there to be read, otherwise `into` says what it is.
[[nodiscard]] bool tells_of_job(raw_answer const& answer, reply const& read, model::observation& into);

}  // namespace buildwatch::codearts

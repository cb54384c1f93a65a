// The rules by which an answer becomes an observation (contract, section 3).
#include "buildwatch/codearts/answers.hpp"

#include "buildwatch/model/outcome.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/problem.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::sight;

void see(sight what, model::observation& into) {
  into.sight = what;
  into.fault = fault::none;
}

void fail(fault of_kind, std::string text, model::observation& into) {
  into.sight = sight::failed;
  into.fault = of_kind;
  into.text = std::move(text);
}

void begin(model::observation& into) {
  into.word.clear();
  into.region.clear();
  into.text.clear();
  into.retry_after.reset();
}

bool gateway_code(std::string_view code) { return code.starts_with("APIGW.") || code.starts_with("APIG."); }

/// A JSON error: one of the shapes, or the plain code and message that the vendor's SDK takes as well.
bool says_error(reply const& read) {
  return read.valid && (read.error || (!read.code.empty() && !read.message.empty()));
}

/// The errors that mean "no such build". A job that does not exist is answered in the same way.
bool no_such(unsigned status, reply const& read) {
  std::string_view const code = read.code.text;
  switch (status) {
    case 404: return says_error(read) && !gateway_code(code);
    case 422: return code.ends_with("00031006");
    case 403: return code == "CB.00031059";
    default: return false;
  }
}

fault fault_of(unsigned status, reply const& read) {
  if (status == 429 || status == 503 || read.code.text == "CB.00060211") return fault::throttled;
  if (status == 401) return fault::refused;
  return fault::other;
}

bool redirect(unsigned status) { return status >= 300 && status < 400; }

/// Everything but an error: HTTP 200, a JSON object, no error in any shape, `status` success. A missing `status` may be
/// forgiven where the result is there (every field is optional in the vendor's SDK), any other value may not.
bool well(unsigned status, reply const& read) {
  if (status != 200 || !read.valid || read.in_string || read.root != json_kind::object || read.error) return false;
  if (read.status_kind == json_kind::string) return model::equal_ignoring_case(read.status, "success");
  bool const forgiven = read.status_kind == json_kind::absent || read.status_kind == json_kind::null;
  return forgiven && (read.result_kind == json_kind::object || read.result_kind == json_kind::array);
}

/// null, [] or {}: there, but with nothing in it. A missing `result` is not: a needed field that is missing is a failed
/// poll.
bool empty_result(reply const& read) {
  if (read.result_kind == json_kind::object) return read.item.empty;
  return read.result_kind == json_kind::null || (read.result_kind == json_kind::array && read.items == 0);
}

/// What is wrong with an answer that came with HTTP 200 and gives neither code nor message.
std::string_view fault_of_form(reply const& read) {
  if (read.root != json_kind::object || read.in_string) return "the answer is no JSON object";
  if (read.error) return "an error without code or text";
  if (read.status_kind == json_kind::absent || read.status_kind == json_kind::null) {
    return "the answer has neither status nor result";
  }
  return "status is no string";
}

void fail_answer(raw_answer const& answer, reply const& read, model::observation& into) {
  fault const kind = fault_of(answer.status, read);
  if (redirect(answer.status)) return fail(kind, problem(answer, "redirects are not followed"), into);
  bool const mute = read.valid && read.code.empty() && read.message.empty();
  if (answer.status == 200 && mute && read.status_kind != json_kind::string) {
    return fail(kind, problem(answer, fault_of_form(read)), into);
  }
  fail(kind, problem(answer, read), into);
}

void fail_field(raw_answer const& answer, std::string_view what, model::observation& into) {
  fail(fault::other, problem(answer, what), into);
}

/// Of the answer's builds, the chosen one. `building` decides, so it must be there and be a boolean: read as a string
/// or missing, an event could be wrong. `build_result` is needed only when the build has ended; while it runs it may
/// hold anything, a stale word too (codearts-api.md 1.2).
void read_item(raw_answer const& answer, reply_item const& item, model::observation& into) {
  if (item.kind != json_kind::object) return fail_field(answer, "result holds something else than objects", into);
  if (item.building_kind == json_kind::absent) return fail_field(answer, "result has no field building", into);
  if (item.building_kind != json_kind::boolean) return fail_field(answer, "building is no boolean", into);
  into.region = clean_word(item.region);
  if (item.building) return see(sight::running, into);
  switch (item.word_kind) {
    case json_kind::absent:
    case json_kind::null: return see(sight::undecided, into);
    case json_kind::string: break;
    default: return fail_field(answer, "build_result is no string", into);
  }
  into.word = clean_word(item.word);
  if (model::undecided_word(item.word)) return see(sight::undecided, into);
  see(sight::finished, into);
}

bool refused_call(unsigned status) { return status == 403 || status == 404 || status == 405; }

}  // namespace

void read_build_info(raw_answer const& answer, std::string_view region, model::observation& into) {
  begin(into);
  reply const read = read_reply(answer.body, region);
  if (!well(answer.status, read)) {
    if (no_such(answer.status, read)) return see(sight::no_such_build, into);
    return fail_answer(answer, read, into);
  }
  if (empty_result(read)) return see(sight::no_such_build, into);
  if (read.result_kind == json_kind::absent) return fail_field(answer, "the answer has no result", into);
  if (read.items == 0) return fail_field(answer, "result is neither object nor array", into);
  read_item(answer, read.item, into);
}

void read_running_status(raw_answer const& answer, model::observation& into) {
  begin(into);
  reply const read = read_reply(answer.body, {});
  if (!well(answer.status, read)) {
    if (no_such(answer.status, read)) {
      into.text = problem(answer, read);
      return see(sight::no_such_job, into);
    }
    fail_answer(answer, read, into);
    if (refused_call(answer.status) && into.fault == fault::other) see(sight::refused_call, into);
    return;
  }
  if (empty_result(read)) {
    into.text = problem(answer, "the answer's result is empty");
    return see(sight::no_such_job, into);
  }
  if (read.items == 0 || read.item.kind != json_kind::object) {
    return fail_field(answer, "the answer has no result that is an object", into);
  }
  see(sight::job_exists, into);
}

}  // namespace buildwatch::codearts

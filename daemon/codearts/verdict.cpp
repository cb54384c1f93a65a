#include "codearts/verdict.hpp"

#include "buildwatch/model/outcome.hpp"
#include "codearts/problem.hpp"

namespace buildwatch::codearts {
namespace {

using model::fault;
using model::sight;

bool gateway_code(std::string_view code) { return code.starts_with("APIGW.") || code.starts_with("APIG."); }

/// A JSON error: one of the shapes, or the plain code and message that the vendor's SDK takes as well.
bool says_error(reply const& read) {
  return read.valid && (read.error || (!read.code.empty() && !read.message.empty()));
}

fault fault_of(unsigned status, reply const& read) {
  if (status == 429 || status == 503 || read.code.text == "CB.00060211") return fault::throttled;
  if (status == 401) return fault::refused;
  return fault::other;
}

bool redirect(unsigned status) { return status >= 300 && status < 400; }

/// What is wrong with an answer that came with HTTP 200 and gives neither code nor message.
std::string_view fault_of_form(reply const& read) {
  if (read.root != json_kind::object || read.in_string) return "the answer is no JSON object";
  if (read.error) return "an error without code or text";
  if (read.status_kind == json_kind::absent || read.status_kind == json_kind::null) {
    return "the answer has neither status nor result";
  }
  return "status is no string";
}

bool refused_call(unsigned status) { return status == 403 || status == 404 || status == 405; }

}  // namespace

void begin(model::observation& into) {
  into.word.clear();
  into.region.clear();
  into.text.clear();
  into.retry_after.reset();
  into.number = 0;
  into.records.clear();
}

void see(sight what, model::observation& into) {
  into.sight = what;
  into.fault = fault::none;
}

void fail(fault of_kind, std::string text, model::observation& into) {
  into.sight = sight::failed;
  into.fault = of_kind;
  into.text = std::move(text);
}

bool well(unsigned status, reply const& read) {
  if (status != 200 || !read.valid || read.in_string || read.root != json_kind::object || read.error) return false;
  if (read.status_kind == json_kind::string) return model::equal_ignoring_case(read.status, "success");
  bool const forgiven = read.status_kind == json_kind::absent || read.status_kind == json_kind::null;
  return forgiven && (read.result_kind == json_kind::object || read.result_kind == json_kind::array);
}

bool empty_result(reply const& read) {
  if (read.result_kind == json_kind::object) return read.item.empty;
  return read.result_kind == json_kind::null || (read.result_kind == json_kind::array && read.items == 0);
}

bool no_such(unsigned status, reply const& read) {
  std::string_view const code = read.code.text;
  switch (status) {
    case 404: return says_error(read) && !gateway_code(code);
    case 422: return code.ends_with("00031006");
    case 403: return code == "CB.00031059";
    default: return false;
  }
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

void fail_or_refuse(raw_answer const& answer, reply const& read, model::observation& into) {
  fail_answer(answer, read, into);
  if (refused_call(answer.status) && into.fault == fault::other) see(sight::refused_call, into);
}

void fail_field(raw_answer const& answer, std::string_view what, model::observation& into) {
  fail(fault::other, problem(answer, what), into);
}

bool tells_of_job(raw_answer const& answer, reply const& read, model::observation& into) {
  bool const good = well(answer.status, read);
  if (good && !empty_result(read)) return true;
  if (good) {
    into.text = problem(answer, "the answer's result is empty");
    see(sight::no_such_job, into);
  } else if (no_such(answer.status, read)) {
    into.text = problem(answer, read);
    see(sight::no_such_job, into);
  } else {
    fail_or_refuse(answer, read, into);
  }
  return false;
}

}  // namespace buildwatch::codearts

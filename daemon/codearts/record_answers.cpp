// The build list and build-info-record as observations (contract, section 3).
#include <algorithm>

#include "buildwatch/codearts/answers.hpp"
#include "codearts/problem.hpp"
#include "codearts/records.hpp"
#include "codearts/verdict.hpp"

namespace buildwatch::codearts {
namespace {

using model::sight;

void fail_records(raw_answer const& answer, std::string_view what, model::observation& into) {
  into.records.clear();
  fail_field(answer, what, into);
}

}  // namespace

void read_build_list(raw_answer const& answer, model::observation& into) {
  begin(into);
  reply const read = read_reply(answer.body, {});
  if (!tells_of_job(answer, read, into)) return;
  auto const found = read_records(answer.body, {"job_build_states"}, into.records);
  // A list without anything in it may be left out, but then something else must say that there is none.
  bool const none = found.kind == json_kind::null || (found.kind == json_kind::absent && found.none_kept);
  if (found.kind != json_kind::array && !none) {
    return fail_records(answer, "result has no array job_build_states", into);
  }
  if (!into.records.empty()) into.number = into.records.front().number;
  see(sight::job_exists, into);
}

void read_build_record(raw_answer const& answer, std::uint32_t build, model::observation& into) {
  begin(into);
  reply const read = read_reply(answer.body, {});
  if (!well(answer.status, read)) {
    if (!no_such(answer.status, read)) return fail_or_refuse(answer, read, into);
    return see(sight::no_such_build, into);
  }
  if (empty_result(read)) return see(sight::no_such_build, into);
  auto const found = read_records(answer.body, {{}, build}, into.records);
  if (found.kind != json_kind::object && found.kind != json_kind::array) {
    return fail_records(answer, "result is neither object nor array", into);
  }
  std::erase_if(into.records, [build](auto const& r) { return r.number != build; });
  if (into.records.empty()) return fail_records(answer, "result is no record of the build asked about", into);
  see(sight::record, into);
}

}  // namespace buildwatch::codearts

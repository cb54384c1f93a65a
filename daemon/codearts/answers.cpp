// build-info and running-status as observations (contract, section 3).
#include "buildwatch/codearts/answers.hpp"

#include "buildwatch/model/outcome.hpp"
#include "codearts/plain_text.hpp"
#include "codearts/verdict.hpp"

namespace buildwatch::codearts {
namespace {

using model::sight;

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
  if (!tells_of_job(answer, read, into)) return;
  if (read.items == 0 || read.item.kind != json_kind::object) {
    return fail_field(answer, "the answer has no result that is an object", into);
  }
  if (read.item.newest.wrong) {
    return fail_field(answer, "last_build_no is no number of a build (1 to 2147483647)", into);
  }
  if (read.item.newest.value == 0 && read.item.running) {
    return fail_field(answer, "a build is running, and last_build_no is missing", into);
  }
  into.number = read.item.newest.value;
  see(sight::job_exists, into);
}

}  // namespace buildwatch::codearts

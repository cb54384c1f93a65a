// Fuzzes the readers of the API's answers: any status, any bytes. What must hold whatever comes is checked, not only
// "no crash".
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "buildwatch/codearts/answers.hpp"

namespace {

using buildwatch::model::build_record;
using buildwatch::model::fault;
using buildwatch::model::observation;
using buildwatch::model::sight;

void require(bool holds) {
  if (!holds) std::abort();
}

bool printable(std::string_view text) {
  for (char const c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

void check(build_record const& r) {
  require(r.number >= 1 && r.number <= 2147483647);
  require(r.running == r.word.empty() && r.word.size() <= 128 && printable(r.word));
  require(!r.lasted || (!r.running && r.lasted->count() > 0));
  for (auto const* text : {&r.source.branch, &r.source.commit, &r.source.trigger, &r.source.url}) {
    require(text->size() <= 1024 && printable(*text));
  }
  std::string_view const url = r.source.url;
  if (url.empty()) return;
  auto const host = url.find("//") + 2;
  require(url.substr(host, url.find_first_of("/?#", host) - host).find('@') == std::string_view::npos);
}

void check_records(observation const& seen) {
  auto const& all = seen.records;
  require(all.size() <= 100);
  for (auto const& r : all) check(r);
  for (std::size_t i = 1; i < all.size(); ++i) require(all[i].number < all[i - 1].number);
  require(all.empty() || seen.sight == sight::job_exists || seen.sight == sight::record);
}

void check(unsigned status, observation const& seen) {
  bool const failed = seen.sight == sight::failed;
  require(failed == (seen.fault != fault::none));
  require(!failed || !seen.text.empty());
  require(seen.text.size() <= 300 && seen.word.size() <= 128 && seen.region.size() <= 128);
  require(printable(seen.text) && printable(seen.word) && printable(seen.region));
  require((seen.sight == sight::finished) == !seen.word.empty());
  bool const told = seen.sight == sight::running || seen.sight == sight::finished || seen.sight == sight::undecided ||
                    seen.sight == sight::job_exists || seen.sight == sight::record;
  require(!told || status == 200);
  require(seen.number <= 2147483647 && (seen.number == 0 || seen.sight == sight::job_exists));
  check_records(seen);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses the status; in the corpus it is a letter, 'a' being 200.
  static constexpr std::array<unsigned, 13> statuses{200, 400, 401, 403, 404, 405, 422, 429, 500, 502, 503, 302, 204};
  unsigned const status = statuses[static_cast<std::size_t>(data[0] + statuses.size() * 8 - 'a') % statuses.size()];
  std::string_view const body(reinterpret_cast<char const*>(data) + 1, size - 1);
  buildwatch::codearts::raw_answer const answer{status, body, nullptr};
  observation seen;
  buildwatch::codearts::read_build_info(answer, "ap-southeast-3", seen);
  check(status, seen);
  buildwatch::codearts::read_running_status(answer, seen);
  check(status, seen);
  buildwatch::codearts::read_build_list(answer, seen);
  check(status, seen);
  require(seen.number == (seen.records.empty() ? 0 : seen.records.front().number));
  buildwatch::codearts::read_build_record(answer, 42, seen);
  check(status, seen);
  require(seen.sight != sight::record || (seen.records.size() == 1 && seen.records.front().number == 42));
  return 0;
}

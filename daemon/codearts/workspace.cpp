#include "codearts/workspace.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "buildwatch/codearts/signing.hpp"
#include "codearts/percent.hpp"

namespace buildwatch::codearts {
namespace {

void append_number(std::uint32_t n, std::string& out) {
  std::array<char, 10> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

/// `yyyy-MM-dd HH:mm:ss`, encoded.
void append_time(base::wall_time t, std::string& out) {
  std::string const all = sdk_date(t);  // YYYYMMDDTHHMMSSZ
  std::string_view const digits = all;
  out.append(digits, 0, 4).append(1, '-').append(digits, 4, 2).append(1, '-').append(digits, 6, 2).append("%20");
  out.append(digits, 9, 2).append("%3A").append(digits, 11, 2).append("%3A").append(digits, 13, 2);
}

/// The query of a build list: as long a stretch as the service takes, with `now` in it wherever the service stands. It
/// reads the times as its own wall clock's, and no zone is more than 14 h ahead of UTC. The stretch is some hours short
/// of 31 days, because a wall clock's 31 days are an hour longer where summer time ends in them. The names are in the
/// order of the signature.
void append_month(std::uint32_t page, base::wall_time now, std::string& out) {
  constexpr auto furthest_zone = std::chrono::hours(14);
  constexpr auto stretch = std::chrono::days(31) - std::chrono::hours(2);
  append_time(now + furthest_zone, out.append("end_time="));
  append_number(page, out.append("&page_index="));
  append_time(now + furthest_zone - stretch, out.append("&page_size=100&start_time="));
}

}  // namespace

addresses::addresses(std::string prefix)
    : prefix_(std::move(prefix)), canonical_prefix_(canonical_uri(percent_decoded(prefix_))) {
  canonical_prefix_.pop_back();  // the slash that the calls' paths begin with
}

void addresses::write(watch::query const& what, base::wall_time now, workspace& into) const {
  std::string& target = into.target;
  bool const of_job = what.what == watch::asks::build || what.what == watch::asks::newest;
  target.assign(prefix_).append(of_job ? "/v1/job/" : "/v1/record/").append(what.job_id);
  switch (what.what) {
    case watch::asks::build:
      append_number(what.build, target.append(1, '/'));
      target.append("/build-info");
      break;
    case watch::asks::newest: target.append("/running-status"); break;
    case watch::asks::list: target.append("/list"); break;
    case watch::asks::record:
      append_number(what.build, target.append(1, '/'));
      target.append("/build-info-record");
      break;
  }
  // Job ids are letters and digits: nothing in the rest needs encoding.
  into.canonical_address.assign(canonical_prefix_).append(target, prefix_.size()).append("/\n");
  if (what.what != watch::asks::list) return;
  target.append(1, '?');
  auto const query = target.size();
  append_month(what.page, now, target);
  into.canonical_address.append(target, query);
}

}  // namespace buildwatch::codearts

#include "codearts/workspace.hpp"

#include <array>
#include <charconv>

#include "buildwatch/codearts/signing.hpp"
#include "codearts/percent.hpp"

namespace buildwatch::codearts {

addresses::addresses(std::string prefix)
    : prefix_(std::move(prefix)), canonical_prefix_(canonical_uri(percent_decoded(prefix_))) {
  canonical_prefix_.pop_back();  // the slash that the calls' paths begin with
}

void addresses::write(watch::query const& what, workspace& into) const {
  into.target.assign(prefix_).append("/v1/job/").append(what.job_id);
  if (what.what == watch::asks::build) {
    std::array<char, 10> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), what.build).ptr;
    into.target.append(1, '/').append(digits.data(), end).append("/build-info");
  } else {
    into.target.append("/running-status");
  }
  // Job ids are letters and digits: nothing in the rest needs encoding.
  into.canonical_uri.assign(canonical_prefix_).append(into.target, prefix_.size()).append(1, '/');
}

}  // namespace buildwatch::codearts

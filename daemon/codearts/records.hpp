// The records of builds that stand in an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "buildwatch/model/observation.hpp"
#include "codearts/reply.hpp"

namespace buildwatch::codearts {

/// Records of one answer that are kept, the newest: it may hold any number of them.
inline constexpr std::size_t most_records = 100;

/// Where the records stand.
struct records_place {
  /// The member of `result` that is the array of them; empty: `result` is one, or an array of them.
  std::string_view member;
  std::uint32_t number = 0;  ///< of a record that states none; 0: such a one is left out
};

struct records_found {
  json_kind kind = json_kind::absent;  ///< of what stands in that place
  bool none_kept = false;              ///< `result` says that there is none at all: total_record is 0
};

/// Reads the records of `body`, which read_reply (reply.hpp) has found valid, into `into`: the newest first, each
/// number once, those without a number not at all.
records_found read_records(std::string_view body, records_place const& place, std::vector<model::build_record>& into);

}  // namespace buildwatch::codearts

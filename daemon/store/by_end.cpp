#include "store/by_end.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <tuple>
#include <unordered_map>

namespace buildwatch::store {
namespace {

constexpr base::wall_time unknown = base::wall_time::max();

struct row {
  std::uint32_t job = 0;  ///< which, in the order in which they are met
  std::uint32_t number = 0;
  std::uint64_t place = 0;
  base::wall_time end = unknown;
  bool told = false;  ///< else it may have ended long before
};

/// A table's own order is the one in which a disk reads fastest: what is left is done in memory.
std::vector<row> all_rows(connection& file) {
  std::vector<row> rows;
  std::unordered_map<std::string, std::uint32_t> jobs;
  query q(file, "SELECT place, build, provider, job_id, finished_at, first_seen_finished, started_at FROM builds");
  while (q.next()) {
    row r;
    r.place = q.number();
    r.number = q.small();
    std::string key = q.text();
    key += '\n';
    key += q.text();
    r.job = jobs.emplace(std::move(key), static_cast<std::uint32_t>(jobs.size())).first->second;
    auto const finished = q.maybe_time();
    auto const seen = q.maybe_time();
    auto const started = q.maybe_time();
    r.told = finished || (!seen && started);
    r.end = finished ? *finished : seen ? *seen : started.value_or(unknown);
    rows.push_back(r);
  }
  return rows;
}

/// Wants them by job, the highest number of each first.
void bound_by_the_next(std::vector<row>& rows) {
  row const* above = nullptr;
  for (row& r : rows) {
    if (!r.told && above != nullptr && above->job == r.job) r.end = std::min(r.end, above->end);
    above = &r;
  }
}

}  // namespace

std::vector<std::uint64_t> places_by_end(connection& file) {
  std::vector<row> rows = all_rows(file);
  std::ranges::sort(rows,
                    [](row const& a, row const& b) { return std::tie(a.job, b.number) < std::tie(b.job, a.number); });
  bound_by_the_next(rows);
  std::ranges::stable_sort(rows, std::ranges::greater{},
                           [](row const& r) { return r.end == unknown ? base::wall_time::min() : r.end; });
  std::vector<std::uint64_t> places;
  places.reserve(rows.size());
  for (row const& r : rows) places.push_back(r.place);
  return places;
}

}  // namespace buildwatch::store

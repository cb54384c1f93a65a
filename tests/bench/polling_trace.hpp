// Histories of real jobs, as the benchmark of polling is handed them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <istream>
#include <sstream>
#include <string>
#include <vector>

#include "buildwatch/forecast/past.hpp"
#include "buildwatch/model/outcome.hpp"

namespace buildwatch::bench {

struct traced_build {
  std::uint32_t number;
  double start;   ///< seconds since some day
  double lasted;  ///< seconds, as recorded
  double ended;   ///< seconds after the start; within the second recorded, where whole seconds were
  model::outcome outcome;
};

struct traced_job {
  std::string file;
  std::string name;
  std::vector<traced_build> builds;  ///< in order of start
};

/// Where in its second a build ended that was recorded in whole seconds: always the same for the same build, evenly
/// spread over all. Otherwise an interval of whole seconds would seem to meet ends exactly.
inline double within_second(std::uint32_t number, double start) {
  auto x = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(std::abs(start));
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<double>(x >> 11U) / static_cast<double>(1ULL << 53U) - 0.5;
}

/// Lines of `file, job, number, start, duration, result`, separated by tabs; the lines of a job stand together.
inline std::vector<traced_job> read_traces(std::istream& lines) {
  std::vector<traced_job> jobs;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string file, job, result;
    traced_build b{};
    std::getline(fields, file, '\t');
    std::getline(fields, job, '\t');
    fields >> b.number >> b.start >> b.lasted >> result;
    b.ended =
        b.lasted >= 1 && b.lasted == std::floor(b.lasted) ? b.lasted + within_second(b.number, b.start) : b.lasted;
    b.outcome = model::outcome_of(result);
    if (jobs.empty() || jobs.back().file != file || jobs.back().name != job) jobs.push_back({file, job, {}});
    jobs.back().builds.push_back(b);
  }
  for (traced_job& j : jobs) std::ranges::stable_sort(j.builds, {}, &traced_build::start);
  return jobs;
}

/// What a daemon would know when the build starts: the builds that had finished, the newest first.
inline std::vector<forecast::past_build> known_before(traced_job const& job, std::size_t build) {
  std::vector<forecast::past_build> known;
  for (std::size_t i = build; i-- > 0 && known.size() < forecast::most_past_builds;) {
    traced_build const& b = job.builds[i];
    if (b.start + b.lasted > job.builds[build].start) continue;
    auto const lasted = std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(b.lasted));
    known.push_back({b.number, lasted, b.outcome});
  }
  return known;
}

}  // namespace buildwatch::bench

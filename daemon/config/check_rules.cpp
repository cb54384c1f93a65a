#include <algorithm>

#include "buildwatch/model/glob.hpp"
#include "config/checks.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

std::string path_of(draft_rule const& r, std::string_view list, mention const& m) {
  return "rules[" + std::to_string(r.index) + "]." + std::string(list) + '[' + std::to_string(m.index) + ']';
}

void find_sinks(draft const& d, draft_rule& r, sinks_by_name const& known, complaints& out) {
  std::vector<std::string_view> names;
  for (auto const& m : r.to) {
    auto const at = known.find(m.text);
    if (at != known.end()) {
      r.rule.to.push_back(at->second);
      continue;
    }
    if (d.incomplete) continue;
    if (names.empty()) names = sink_names(d);
    out.error(*d.files[r.file], m.at, path_of(r, "to", m), "there is no such sink" + did_you_mean(m.text, names));
  }
  std::ranges::sort(r.rule.to);
  auto const twice = std::ranges::unique(r.rule.to);
  r.rule.to.erase(twice.begin(), twice.end());
}

/// Does the pattern match one of the sorted names? Only those that share its literal beginning are tried.
bool matches_any(std::string const& pattern, std::vector<std::string_view> const& names) {
  std::string_view const start = std::string_view(pattern).substr(0, pattern.find_first_of("*?[\\"));
  auto const from = std::ranges::lower_bound(names, start);
  for (auto n = from; n != names.end() && n->starts_with(start); ++n) {
    if (model::glob_matches(pattern, *n)) return true;
  }
  return false;
}

void warn_of_idle_globs(draft const& d, complaints& out) {
  std::vector<std::string_view> names;
  names.reserve(d.jobs.size());
  for (auto const& j : d.jobs) names.emplace_back(j.job.name);
  std::ranges::sort(names);
  for (auto const& r : *d.rules) {
    for (auto const& m : r.jobs) {
      if (!matches_any(m.text, names)) out.warning(*d.files[r.file], m.at, path_of(r, "jobs", m), "matches no job");
    }
  }
}

}  // namespace

void check_rules(draft& d, sinks_by_name const& known, complaints& out) {
  if (!d.rules) return;
  for (auto& r : *d.rules) find_sinks(d, r, known, out);
  if (d.incomplete) return;
  warn_of_idle_globs(d, out);
  warn_of_idle_sinks(d, out);
}

}  // namespace buildwatch::config

#include <algorithm>
#include <unordered_map>

#include "buildwatch/model/glob.hpp"
#include "config/checks.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

using sinks_by_name = std::unordered_map<std::string_view, notify::sink_index>;

/// Two sinks of one name in one file are a key that stands twice; here they are of different files.
sinks_by_name index_sinks(draft const& d, complaints& out) {
  sinks_by_name known;
  for (std::size_t i = 0; i < d.sinks.size(); ++i) {
    std::string const& name = d.sinks[i].sink.delivery.name;
    auto const [at, added] = known.emplace(name, static_cast<notify::sink_index>(i));
    if (added) continue;
    spot const& first = d.sinks[at->second].at;
    out.error(*d.files[d.sinks[i].at.file], d.sinks[i].at.at, "sinks." + cleaned(name, 100),
              "another sink has this name already: line " + std::to_string(first.at.line) + " of " +
                  d.files[first.file]->name);
  }
  return known;
}

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
    if (names.empty()) {
      for (auto const& s : d.sinks) names.emplace_back(s.sink.delivery.name);
    }
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

void warn_of_idle_sinks(draft const& d, complaints& out) {
  std::vector<bool> used(d.sinks.size());
  for (auto const& r : *d.rules) {
    for (auto const to : r.rule.to) used[to] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    draft_sink const& s = d.sinks[i];
    out.warning(*d.files[s.at.file], s.at.at, "sinks." + cleaned(s.sink.delivery.name, 100), "no rule uses this sink");
  }
}

}  // namespace

void check_rules(draft& d, complaints& out) {
  auto const known = index_sinks(d, out);
  if (!d.rules) return;
  for (auto& r : *d.rules) find_sinks(d, r, known, out);
  if (d.incomplete) return;
  warn_of_idle_globs(d, out);
  warn_of_idle_sinks(d, out);
}

}  // namespace buildwatch::config

#include <algorithm>

#include "config/checks.hpp"
#include "config/wording.hpp"

namespace buildwatch::config {
namespace {

std::string path_of(draft_sink const& s) { return "sinks." + cleaned(s.sink.delivery.name, 100); }

/// Two sinks of one name in one file are a key that stands twice; here they are of different files.
sinks_by_name index_sinks(draft const& d, complaints& out) {
  sinks_by_name known;
  for (std::size_t i = 0; i < d.sinks.size(); ++i) {
    draft_sink const& s = d.sinks[i];
    auto const [at, added] = known.emplace(s.sink.delivery.name, static_cast<notify::sink_index>(i));
    if (added) continue;
    spot const& first = d.sinks[at->second].at;
    out.error(*d.files[s.at.file], s.at.at, path_of(s),
              "another sink has this name already: line " + std::to_string(first.at.line) + " of " +
                  d.files[first.file]->name);
  }
  return known;
}

void complain(draft const& d, complaints& out, draft_sink const& s, std::string text) {
  out.error(*d.files[s.at.file], s.fallback_at, path_of(s) + ".fallback", std::move(text));
}

void find_fallbacks(draft& d, sinks_by_name const& known, complaints& out) {
  for (auto& s : d.sinks) {
    std::string const& wanted = s.sink.delivery.fallback;
    if (wanted.empty()) continue;
    auto const at = known.find(wanted);
    if (at != known.end()) {
      s.fallback = at->second;
    } else if (!d.incomplete) {
      complain(d, out, s, "there is no such sink" + did_you_mean(wanted, sink_names(d)));
    }
  }
}

/// "a → b → a", from a sink to which its fallbacks lead back.
std::string round_of(draft const& d, notify::sink_index from) {
  constexpr std::size_t most = 10;
  std::string all = cleaned(d.sinks[from].sink.delivery.name, 100);
  std::size_t count = 0;
  auto next = from;
  do {
    if (++count > most) return all + " → …";
    next = *d.sinks[next].fallback;
    all += " → " + cleaned(d.sinks[next].sink.delivery.name, 100);
  } while (next != from);
  return all;
}

/// A sink has one fallback at most, so each walk along them ends, or meets itself; no sink is walked twice.
void find_loops(draft const& d, complaints& out) {
  std::vector<std::size_t> walk_of(d.sinks.size());  // 0: of none
  for (std::size_t i = 0; i < d.sinks.size(); ++i) {
    std::size_t at = i;
    while (walk_of[at] == 0 && d.sinks[at].fallback) {
      walk_of[at] = i + 1;
      at = *d.sinks[at].fallback;
    }
    if (walk_of[at] != i + 1) continue;
    draft_sink const& s = d.sinks[at];
    bool const own = *s.fallback == at;
    complain(d, out, s,
             own ? "a sink cannot be its own fallback"
                 : "the fallbacks lead back to this sink: " + round_of(d, static_cast<notify::sink_index>(at)));
  }
}

}  // namespace

std::vector<std::string_view> sink_names(draft const& d) {
  std::vector<std::string_view> names;
  for (auto const& s : d.sinks) names.emplace_back(s.sink.delivery.name);
  return names;
}

sinks_by_name check_sinks(draft& d, complaints& out) {
  auto known = index_sinks(d, out);
  find_fallbacks(d, known, out);
  find_loops(d, out);
  return known;
}

void warn_of_idle_sinks(draft const& d, complaints& out) {
  std::vector<bool> used(d.sinks.size());
  for (auto const& r : *d.rules) {
    for (auto const to : r.rule.to) used[to] = true;
  }
  for (auto const& s : d.sinks) {
    if (s.fallback) used[*s.fallback] = true;
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    draft_sink const& s = d.sinks[i];
    if (!used[i]) out.warning(*d.files[s.at.file], s.at.at, path_of(s), "no rule and no fallback uses this sink");
  }
}

}  // namespace buildwatch::config

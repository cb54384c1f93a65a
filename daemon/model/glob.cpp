#include "buildwatch/model/glob.hpp"

namespace buildwatch::model {
namespace {

// One element of a pattern other than `*`: how many bytes of the pattern it is, and whether it takes `c`.
struct element {
  std::size_t length = 0;
  bool takes = false;
};

// The set that starts at p[at] == '['. Without a closing bracket it is a plain '['. A ']' right at the start stands for
// itself.
element set_at(std::string_view p, std::size_t at, char c) {
  std::size_t i = at + 1;
  bool const negated = i < p.size() && (p[i] == '!' || p[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < p.size() && (first || p[i] != ']'); first = false) {
    char const low = p[i];
    bool const range = i + 2 < p.size() && p[i + 1] == '-' && p[i + 2] != ']';
    char const high = range ? p[i + 2] : low;
    found = found || (low <= c && c <= high);
    i += range ? 3 : 1;
  }
  if (i >= p.size()) return {1, c == '['};
  return {i + 1 - at, found != negated};
}

element element_at(std::string_view p, std::size_t at, char c) {
  switch (p[at]) {
    case '?': return {1, true};
    case '[': return set_at(p, at, c);
    case '\\':
      if (at + 1 < p.size()) return {2, p[at + 1] == c};
      [[fallthrough]];
    default: return {1, p[at] == c};
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view name) {
  // Only the last `*` ever needs another length: what came before it has matched as early as it can.
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0, n = 0, after_star = none, star_from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_from = n;
      continue;
    }
    if (p < pattern.size()) {
      element const e = element_at(pattern, p, name[n]);
      if (e.takes) {
        p += e.length;
        ++n;
        continue;
      }
    }
    if (after_star == none) return false;
    p = after_star;
    n = ++star_from;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace buildwatch::model

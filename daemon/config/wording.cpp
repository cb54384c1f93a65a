#include "config/wording.hpp"

#include <algorithm>
#include <vector>

namespace buildwatch::config {
namespace {

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool const same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      bool const swapped =
          i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// How many differences still look like a slip: more where the beginnings agree ("failed" for "failure").
std::size_t tolerated(std::string_view word, std::string_view known) {
  constexpr std::size_t same_start = 3;
  bool const alike = word.size() >= same_start && known.size() >= same_start &&
                     distance(word.substr(0, same_start), known.substr(0, same_start)) == 0;
  if (alike) return std::max(word.size(), known.size()) / 2;
  return std::min(std::max<std::size_t>(1, word.size() / 3), known.size() - 1);
}

}  // namespace

std::string cleaned(std::string_view text, std::size_t limit) {
  bool const cut = text.size() > limit;
  if (cut) {
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
    text = text.substr(0, limit);
  }
  std::string out(text);
  std::ranges::replace_if(out, control, '?');
  return cut ? out + "…" : out;
}

std::string quoted(std::string_view text) { return '"' + cleaned(text, 60) + '"'; }

std::string one_of(std::span<std::string_view const> words, std::string_view last) {
  constexpr std::size_t most = 20;
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == most) return all + ", …";
    if (i > 0) all += i + 1 == words.size() ? last : ", ";
    all += cleaned(words[i], 100);
  }
  return all;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<std::string_view const> known) {
  if (word.empty() || word.size() > 100) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t fewest = 100;
  for (auto const k : known) {
    std::size_t const d = distance(word, k);
    if (d < fewest && d <= tolerated(word, k)) {
      fewest = d;
      best = k;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<std::string_view const> known) {
  auto const best = nearest(word, known);
  return best ? "; did you mean " + quoted(*best) + "?" : "";
}

}  // namespace buildwatch::config

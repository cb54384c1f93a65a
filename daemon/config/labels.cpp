// Key `labels` of jobs and rules.
#include <algorithm>

#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"
#include "config/utf8.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t most = 64;
constexpr std::size_t longest_key = 100;
constexpr std::size_t longest_value = 1000;

}  // namespace

model::labels read_labels(cursor const& c) {
  model::labels labels;
  if (!is_map(c, "labels such as {team: firmware}")) return labels;
  if (c.at.entries.size() > most) c.error("at most " + std::to_string(most) + " labels");
  for (auto const& e : c.at.entries) {
    cursor const one{c.in, e.value, path(c.where, e.key), c.secret};
    if (e.key.empty() || e.key.size() > longest_key || has_control(e.key) || has_reference(e.key)) {
      c.in.out.error(c.in.file, e.key_at, one.where.text(),
                     "expected the key of a label: 1 to 100 bytes, no control character, no `${…}`");
    }
    auto text = read_text(one, "the text of a label", longest_value);
    if (text && has_control(*text)) one.error("holds a control character");
    if (text) labels.emplace_back(e.key, std::move(*text));
  }
  std::ranges::sort(labels);
  return labels;
}

}  // namespace buildwatch::config

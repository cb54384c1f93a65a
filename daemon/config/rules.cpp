// Key `rules`.
#include "config/decode.hpp"
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace buildwatch::config {
namespace {

constexpr std::size_t most = 1000;  // entries of a list in a rule

bool is_short_list(cursor const& c, std::string_view expected) {
  if (!is_list(c, expected)) return false;
  if (c.at.items.size() > most) c.error("at most " + std::to_string(most) + " entries");
  return true;
}

std::vector<model::selector> read_events(cursor const& c) {
  std::vector<model::selector> events;
  if (!is_short_list(c, "a list of events such as [failure, fixed]")) return events;
  if (c.at.items.empty()) c.error("must not be empty; left out, it is [finished, overdue, unreachable, recovered]");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    if (auto const word = read_word(item, model::selector_words()))
      events.push_back(static_cast<model::selector>(*word));
  }
  return events;
}

std::vector<mention> read_mentions(cursor const& c, std::string_view list, std::string_view item_text) {
  std::vector<mention> all;
  if (!is_short_list(c, list)) return all;
  if (c.at.items.empty()) c.error("must not be empty");
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    auto text = read_text(item, item_text);
    if (text) all.push_back({std::move(*text), item.at.at, static_cast<std::uint32_t>(i)});
  }
  return all;
}

draft_rule read_rule(cursor const& c) {
  draft_rule r;
  fields const f(c, rule_keys());
  f.check();
  if (auto const events = f.find("events")) r.rule.events = read_events(*events);
  if (auto const jobs = f.find("jobs")) {
    r.jobs =
        read_mentions(*jobs, "a list of job names or globs such as [\"firmware-*\"]", "the name of a job, or a glob");
    for (auto const& m : r.jobs) r.rule.jobs.push_back(m.text);
  }
  if (auto const labels = f.find("labels")) r.rule.labels = read_labels(*labels);
  if (auto const to = f.require("to", "a list of sinks")) {
    r.to = read_mentions(*to, "a list of sinks such as [oncall]", "the name of a sink");
  }
  return r;
}

}  // namespace

void read_rules(cursor const& c, draft& into) {
  if (!into.rules) into.rules.emplace();
  if (!is_list(c, "a list of rules")) return;
  for (std::size_t i = 0; i < c.at.items.size(); ++i) {
    cursor const item = c.item(i);
    draft_rule r = read_rule(item);
    r.file = c.in.file.order;
    r.index = static_cast<std::uint32_t>(i);
    into.rules->push_back(std::move(r));
  }
}

}  // namespace buildwatch::config

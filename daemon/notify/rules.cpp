#include "buildwatch/notify/rules.hpp"

#include "buildwatch/model/glob.hpp"
#include "buildwatch/notify/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace buildwatch::notify {
namespace {

constexpr std::string_view no_rules = "no rules: every event goes to every sink";
constexpr std::string_view unnamed = "no rule names it";
// What a reason holds at most: it is stored with each event, once a sink.
constexpr std::size_t most_rules = 10, most_words = 15, longest_word = 100;

bool name_matches(rule const& r, std::string_view name) {
  return r.jobs.empty() ||
         std::ranges::any_of(r.jobs, [&](auto const& glob) { return model::glob_matches(glob, name); });
}

// Both are sorted by key, but a job of a hand-made event need not be: a few labels, so look each up.
bool has_label(model::labels const& labels, model::labels::value_type const& wanted) {
  return std::ranges::find(labels, wanted) != labels.end();
}

bool labels_match(rule const& r, model::labels const& labels) {
  return std::ranges::all_of(r.labels, [&](auto const& wanted) { return has_label(labels, wanted); });
}

bool selected(rule const& r, model::event const& e) {
  return std::ranges::any_of(r.events, [&](model::selector s) { return model::matches(s, e); });
}

/// "a, b or c".
std::string one_of(std::vector<std::string> const& words) {
  std::size_t const shown = std::min(words.size(), most_words);
  std::string all;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) all += i + 1 == words.size() ? " or " : ", ";
    all += clean_line(words[i], longest_word);
  }
  return shown < words.size() ? all + ", …" : all;
}

std::string events_of(rule const& r) {
  std::vector<std::string> words;
  for (auto const s : r.events) {
    std::string word(to_string(s));
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  return one_of(words);
}

/// "label team=web", "labels arch=arm64, team=web": those that `had` lacks.
std::string labels_beyond(model::labels const& had, rule const& r) {
  std::vector<std::string> words;
  for (auto const& label : r.labels) {
    if (!has_label(had, label)) words.push_back(clean_line(label.first + '=' + label.second, longest_word));
  }
  std::string_view const more = words.size() > most_words ? ", …" : "";
  std::string const what = words.size() == 1 ? "label " : "labels ";
  words.resize(std::min(words.size(), most_words));
  return fmt::format("{}{}{}", what, fmt::join(words, ", "), more);
}

/// What some one job of a provider would have to be.
std::string job_of_provider(std::string_view provider, rule const& r) {
  if (r.jobs.empty() && r.labels.empty()) return fmt::format("a job of {}, which has none", provider);
  std::string text = fmt::format("a job of {}", provider);
  if (!r.jobs.empty()) text += " like " + one_of(r.jobs);
  if (!r.labels.empty()) text += " with " + labels_beyond({}, r);
  return text;
}

}  // namespace

rules::rules(std::optional<std::vector<rule>> given, std::size_t sink_count, std::span<job_facts const> jobs)
    : everything_(!given), sink_count_(sink_count) {
  if (!given) return;
  rules_.reserve(given->size());
  for (rule& r : *given) {
    std::set<std::string_view> providers;
    for (job_facts const& job : jobs) {
      if (!providers.contains(job.provider) && name_matches(r, job.name) && labels_match(r, job.labels)) {
        providers.insert(job.provider);
      }
    }
    rules_.push_back({std::move(r), {providers.begin(), providers.end()}});
  }
}

rules::unmet rules::unmet_by(model::event const& e, compiled const& c) {
  unmet missed;
  missed.event = !selected(c.rule, e);
  missed.job = e.job ? !name_matches(c.rule, e.job->name) : !std::ranges::binary_search(c.providers, e.provider);
  missed.labels = e.job && !labels_match(c.rule, e.job->labels);
  return missed;
}

std::string rules::wants(model::event const& e, rule const& r, unmet const& missed) {
  std::vector<std::string> parts;
  if (missed.event) parts.push_back(events_of(r));
  if (missed.job) parts.push_back(e.job ? "a job like " + one_of(r.jobs) : job_of_provider(e.provider, r));
  if (missed.labels) parts.push_back(labels_beyond(e.job->labels, r));
  return fmt::format("wants {}", fmt::join(parts, ", "));
}

std::vector<sink_index> rules::sinks_for(model::event const& e) const {
  std::vector<sink_index> owed;
  if (everything_) {
    owed.resize(sink_count_);
    std::iota(owed.begin(), owed.end(), sink_index{0});
    return owed;
  }
  for (compiled const& c : rules_) {
    if (!unmet_by(e, c).any()) owed.insert(owed.end(), c.rule.to.begin(), c.rule.to.end());
  }
  std::ranges::sort(owed);
  owed.erase(std::unique(owed.begin(), owed.end()), owed.end());
  return owed;
}

std::vector<route> rules::routes_for(model::event const& e) const {
  if (everything_) return std::vector<route>(sink_count_, route{true, std::string(no_rules)});
  std::vector<route> routes(sink_count_);
  std::vector<std::size_t> refused(sink_count_);  // by how many rules
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    compiled const& c = rules_[i];
    unmet const missed = unmet_by(e, c);
    std::string const why = missed.any() ? fmt::format("rules[{}]: {}", i, wants(e, c.rule, missed)) : "";
    for (sink_index const sink : std::set<sink_index>(c.rule.to.begin(), c.rule.to.end())) {
      route& r = routes[sink];
      if (r.owed) continue;
      if (!missed.any()) r = {true, fmt::format("rules[{}]", i)};
      if (!r.owed && ++refused[sink] <= most_rules) r.why += (r.why.empty() ? "" : "; ") + why;
    }
  }
  for (std::size_t sink = 0; sink < sink_count_; ++sink) {
    route& r = routes[sink];
    if (r.owed) continue;
    if (r.why.empty()) r.why = unnamed;
    if (refused[sink] > most_rules) r.why += fmt::format("; and {} more rules", refused[sink] - most_rules);
  }
  return routes;
}

}  // namespace buildwatch::notify

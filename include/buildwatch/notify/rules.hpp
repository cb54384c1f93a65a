// Rules: which sinks an event is owed to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "buildwatch/model/event.hpp"
#include "buildwatch/notify/options.hpp"

namespace buildwatch::notify {

/// What a provider event is matched against: the jobs of that provider.
struct job_facts {
  std::string_view name;
  std::string_view provider;
  model::labels const& labels;
};

/// Whether an event is owed to a sink, and why.
struct route {
  bool owed = false;
  /// Owed: the first rule that says so ("rules[1]", "no rules: every event goes to every sink"). Not owed: what each
  /// rule that names the sink asks for that the event has not ("rules[0]: wants failure or fixed; rules[2]: wants a job
  /// like legacy-*, label team=web"), a few rules and a few words of each, or "no rule names it". Rules are counted in
  /// the order in which they hold, from 0: the main file's, then those of the files it includes. One clean line.
  std::string why;
};

class rules {
 public:
  /// `given` nullopt: no `rules` key, every event goes to each of `sink_count` sinks. Empty: to none.
  /// `jobs` is only read here: it tells which rules a provider's events match (some one job of it matches both `jobs`
  /// and `labels`).
  rules(std::optional<std::vector<rule>> given, std::size_t sink_count, std::span<job_facts const> jobs);
  /// Each matching sink once, ascending.
  [[nodiscard]] std::vector<sink_index> sinks_for(model::event const& e) const;
  /// One route a sink, in the order of the sinks: those of sinks_for() are owed.
  [[nodiscard]] std::vector<route> routes_for(model::event const& e) const;

 private:
  struct compiled {
    notify::rule rule;
    std::vector<std::string> providers;  ///< those with a matching job, sorted
  };
  /// What of a rule an event does not meet; none: the rule holds.
  struct unmet {
    bool event = false;
    bool job = false;     ///< no glob matches it; of a provider: no one job of it matches globs and labels
    bool labels = false;  ///< a job lacks some
    [[nodiscard]] bool any() const { return event || job || labels; }
  };
  [[nodiscard]] static unmet unmet_by(model::event const& e, compiled const& c);
  [[nodiscard]] static std::string wants(model::event const& e, rule const& r, unmet const& missed);

  bool everything_ = false;
  std::size_t sink_count_ = 0;
  std::vector<compiled> rules_;
};

}  // namespace buildwatch::notify

// A configuration of the simulated daemon, made and edited by chance.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "buildwatch/notify/options.hpp"
#include "buildwatch/notify/rules.hpp"
#include "buildwatch/watch/options.hpp"
#include "simulation/chance.hpp"

namespace buildwatch::simulation {

/// `revision`: another one is another object behind the same name, as after a change of its endpoint or token.
struct provider_setup {
  watch::provider_options how;
  unsigned revision = 0;
};
struct sink_setup {
  notify::delivery_options how;
  unsigned revision = 0;
};
struct job_setup {
  std::string name, provider, job_id;
  std::uint32_t build = 1;  ///< 0: followed, and see is_followed()
  std::shared_ptr<watch::timing const> times;
  std::shared_ptr<model::labels const> labels;
};
struct rule_setup {
  std::vector<model::selector> events;
  std::vector<std::string> jobs;
  model::labels labels;
  std::vector<std::string> to;
};

struct setup {
  std::vector<provider_setup> providers;
  std::vector<job_setup> jobs;
  std::vector<sink_setup> sinks;
  std::optional<std::vector<rule_setup>> rules;

  [[nodiscard]] provider_setup const* provider(std::string_view name) const;
  [[nodiscard]] sink_setup const* sink(std::string_view name) const;
  [[nodiscard]] watch::options watch_options() const;
  [[nodiscard]] notify::rules compiled_rules() const;
};

/// Names what is watched of a job: its build of a number.
[[nodiscard]] std::string build_key(std::string_view provider, std::string_view job_id, std::uint32_t build);

/// Makes configurations; remembers which names it has used, so that some come back and some are new.
class editor {
 public:
  explicit editor(chance& luck) : luck_(luck) {}
  setup first();
  /// Some edits of an administrator's before a reload; always valid.
  void edit(setup& s);

 private:
  provider_setup new_provider();
  job_setup new_job(setup const& s);
  sink_setup new_sink();
  std::optional<std::vector<rule_setup>> new_rules(setup const& s);
  void edit_jobs(setup& s);
  void add_job(setup& s);
  void edit_providers(setup& s);
  void edit_sinks(setup& s);
  void choose_fallbacks(setup& s);
  std::shared_ptr<watch::timing const> new_times();
  std::shared_ptr<model::labels const> new_labels();
  notify::retry_schedule new_retry();

  chance& luck_;
  unsigned jobs_ = 0, renamed_ = 0;
  std::vector<job_setup> removed_;
};

}  // namespace buildwatch::simulation

// The oracle of limits: what a provider may be asked, and when.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "buildwatch/model/observation.hpp"
#include "simulation/chronicle.hpp"
#include "simulation/setup.hpp"

namespace buildwatch::simulation {

class limits {
 public:
  limits(virtual_clock const& clock, chronicle& told) : clock_(clock), told_(told) {}

  void life_begins(setup const& s);
  void life_ends();
  void reloaded(setup const& before, setup const& now);
  /// Its credentials were refused, and nothing has been answered well since, as far as was stored.
  [[nodiscard]] bool refused(std::string const& provider) const;
  /// A question leaves; `question` names it.
  void asked(std::string const& provider, std::string const& key, std::uint64_t question);
  void answered(std::string const& provider, std::uint64_t question, base::duration sent,
                model::observation const& seen);
  /// What was known of it `ago` was stored; or a commit has failed.
  void remembered(std::string const& provider, base::duration ago);
  void store_failed() { store_failed_at_ = clock_.elapsed(); }
  /// The daemon was told that there is another credential.
  void renewed(std::string const& provider);

 private:
  static constexpr base::duration long_ago = base::duration::min();
  struct provider_facts {
    watch::provider_options how;
    double tokens = 0;
    base::duration counted{};
    bool careful = false;  ///< one request in flight at most
    base::duration quiet_began = long_ago, quiet_until = long_ago;
    base::duration refused_at = long_ago, refused_until = long_ago;
    bool pause_stored = false, refused = false;
    base::duration well_at = long_ago;  ///< first good answer after a refusal
    base::duration remembered_at = long_ago;
    std::uint32_t refused_credential = 0;
    unsigned wall_steps = 0;                         ///< at the refusal
    std::map<std::uint64_t, std::string> in_flight;  ///< what each is about; empty: nothing that is watched still
  };
  void begin(provider_facts& p, watch::provider_options const& how) const;

  virtual_clock const& clock_;
  chronicle& told_;
  std::map<std::string, provider_facts> providers_;
  base::duration store_failed_at_ = long_ago;
};

}  // namespace buildwatch::simulation

// What a journal has stored: the memory that an engine gets after a restart.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "buildwatch/watch/ports.hpp"

namespace buildwatch::watch::testing {

class kept {
 public:
  void put(memory const& what) {
    for (auto const& j : what.jobs) jobs_[{j.provider, j.job_id, j.build}] = j;
    for (auto const& p : what.providers) providers_[p.name] = p;
  }
  void put(transition const& what) {
    if (what.job) jobs_[{what.job->provider, what.job->job_id, what.job->build}] = *what.job;
    if (what.provider) providers_[what.provider->name] = *what.provider;
  }
  [[nodiscard]] memory all() const {
    memory m;
    for (auto const& [key, j] : jobs_) m.jobs.push_back(j);
    for (auto const& [name, p] : providers_) m.providers.push_back(p);
    return m;
  }

 private:
  std::map<std::tuple<std::string, std::string, std::uint32_t>, job_memory> jobs_;
  std::map<std::string, provider_memory> providers_;
};

}  // namespace buildwatch::watch::testing

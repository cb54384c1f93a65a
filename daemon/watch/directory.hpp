// Finds jobs and providers by what they are, not by what they are called or where they stand: their identity.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "buildwatch/watch/engine.hpp"

namespace buildwatch::watch {

/// Views into the options it was made of, which must outlive it and stay in place.
class directory {
 public:
  static constexpr std::uint32_t nowhere = reindexed::gone;

  explicit directory(options const& what) {
    for (provider_index i = 0; i < what.providers.size(); ++i) providers_.emplace(what.providers[i].name, i);
    jobs_.reserve(what.jobs.size());
    for (job_index i = 0; i < what.jobs.size(); ++i) {
      job_options const& j = what.jobs[i];
      jobs_.emplace(key{j.job_id, j.provider, j.build}, i);
    }
  }

  [[nodiscard]] provider_index provider(std::string_view name) const {
    auto const at = providers_.find(name);
    return at == providers_.end() ? nowhere : at->second;
  }
  [[nodiscard]] job_index job(provider_index provider, std::string_view job_id, std::uint32_t build) const {
    auto const at = jobs_.find(key{job_id, provider, build});
    return at == jobs_.end() ? nowhere : at->second;
  }

 private:
  struct key {
    std::string_view job_id;
    provider_index provider = 0;
    std::uint32_t build = 0;
    friend bool operator==(key const&, key const&) = default;
  };
  struct hash {
    std::size_t operator()(key const& k) const {
      return std::hash<std::string_view>()(k.job_id) ^ (std::size_t{k.build} * 0x9e3779b97f4a7c15U + k.provider);
    }
  };

  std::unordered_map<std::string_view, provider_index> providers_;
  std::unordered_map<key, job_index, hash> jobs_;
};

}  // namespace buildwatch::watch

// Jobs, builds and ports as tests of this room need them.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "buildwatch/web/ports.hpp"

namespace buildwatch::web::testing {

inline base::wall_time at(std::int64_t seconds) { return base::wall_time(std::chrono::seconds(seconds)); }

/// 2026-11-23T20:18:23Z
inline constexpr std::int64_t evening = 1795465103;

inline model::build finished_build(std::uint32_t number, model::outcome outcome) {
  model::build b;
  b.number = number;
  b.outcome = outcome;
  b.started_at = at(evening - 60);
  b.finished_at = at(evening);
  b.times_exact = true;
  return b;
}

inline job_view idle_job(std::string name, model::outcome outcome = model::outcome::success) {
  job_view j;
  j.job.name = std::move(name);
  j.job.provider = "huawei";
  j.job.job_id = std::string(32, '4');
  j.state = job_state::idle;
  j.build = j.finished = finished_build(41, outcome);
  return j;
}

inline job_view running_job(std::string name) {
  job_view j = idle_job(std::move(name));
  j.state = job_state::running;
  model::build b;
  b.number = 42;
  b.building = true;
  j.build = b;
  j.running = {b};
  j.progress = 0.25;
  j.eta = at(evening + 600);
  j.eta_between = std::pair(at(evening + 500), at(evening + 700));
  return j;
}

/// Each fifth is of the provider as a whole.
inline model::event event_of(std::uint64_t sequence) {
  model::event e;
  e.id = "evt_" + std::to_string(sequence);
  e.sequence = sequence;
  e.type = model::event_type::build_finished;
  e.timestamp = at(evening);
  e.provider = "huawei";
  if (sequence % 5 == 0) {
    e.type = model::event_type::provider_unreachable;
    e.reason = "HTTP 503";
    return e;
  }
  e.job = idle_job("job").job;
  e.build = finished_build(static_cast<std::uint32_t>(sequence), model::outcome::success);
  return e;
}

class fake_jobs final : public jobs {
 public:
  void add(job_view j) { all_[j.job.name] = std::move(j); }
  void read(std::string_view after, std::size_t most, std::vector<job_view>& into) const override {
    for (auto i = all_.upper_bound(std::string(after)); i != all_.end() && most > 0; ++i, --most) {
      into.push_back(i->second);
    }
  }
  [[nodiscard]] std::optional<job_view> named(std::string_view name) const override {
    auto const found = all_.find(std::string(name));
    if (found == all_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, job_view> all_;
};

}  // namespace buildwatch::web::testing

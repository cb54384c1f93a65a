// An administrator's edits.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/setup.hpp"

namespace buildwatch::simulation {

void editor::edit(setup& s) {
  for (auto n = luck_.below(4); n > 0; --n) {
    switch (luck_.below(4)) {
      case 0:
      case 1: edit_jobs(s); break;
      case 2: edit_providers(s); break;
      default: edit_sinks(s); break;
    }
  }
  if (luck_.one_in(3)) s.rules = new_rules(s);
}

void editor::edit_jobs(setup& s) {
  if (s.jobs.empty() || luck_.one_in(3)) return add_job(s);
  auto const at = luck_.below(s.jobs.size());
  job_setup& j = s.jobs[at];
  switch (luck_.below(5)) {
    case 0:
      if (s.jobs.size() == 1) break;
      removed_.push_back(std::move(j));
      s.jobs.erase(s.jobs.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1: j.name = fmt::format("new-{}", renamed_++); break;
    case 2:
      if (j.build != 0) j.build += static_cast<std::uint32_t>(1 + luck_.below(3));
      break;
    case 3: j.times = new_times(); break;
    default: j.labels = new_labels(); break;
  }
}

/// A new one, or one that was there before (and is there still, if the reload that removed it came to nothing).
void editor::add_job(setup& s) {
  if (removed_.empty() || luck_.one_in(3)) {
    s.jobs.push_back(new_job(s));
    return;
  }
  job_setup const back = std::move(removed_.back());
  removed_.pop_back();
  bool const there = std::ranges::any_of(s.jobs, [&](job_setup const& j) { return j.job_id == back.job_id; });
  if (!there && s.provider(back.provider) != nullptr) s.jobs.push_back(back);
}

void editor::edit_providers(setup& s) {
  auto const at = luck_.below(s.providers.size());
  provider_setup& p = s.providers[at];
  std::string const name = p.how.name;
  switch (luck_.below(4)) {
    case 0: {
      provider_setup fresh = new_provider();
      if (s.provider(fresh.how.name) == nullptr) s.providers.push_back(std::move(fresh));
      break;
    }
    case 1:
      if (s.providers.size() == 1) break;
      s.providers.erase(s.providers.begin() + static_cast<std::ptrdiff_t>(at));
      std::erase_if(s.jobs, [&](job_setup const& j) {
        if (j.provider != name) return false;
        removed_.push_back(j);
        return true;
      });
      break;
    case 2: {
      watch::provider_options const fresh = new_provider().how;
      p.how.connections = fresh.connections;
      p.how.rate_per_second = fresh.rate_per_second;
      ++p.revision;
      break;
    }
    default:
      ++p.revision;
      if (p.how.credential != 0 && luck_.one_in(2)) p.how.credential += 1;
      break;
  }
  if (s.jobs.empty()) s.jobs.push_back(new_job(s));
}

void editor::edit_sinks(setup& s) {
  auto const at = luck_.below(s.sinks.size());
  sink_setup& sink = s.sinks[at];
  switch (luck_.below(4)) {
    case 0: {
      sink_setup fresh = new_sink();
      if (s.sink(fresh.how.name) == nullptr) s.sinks.push_back(std::move(fresh));
      break;
    }
    case 1:
      if (s.sinks.size() > 1) s.sinks.erase(s.sinks.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2: {
      std::string const name = sink.how.name;
      sink.how = new_sink().how;
      sink.how.name = name;
      break;
    }
    default: ++sink.revision; break;
  }
  choose_fallbacks(s);
}

}  // namespace buildwatch::simulation

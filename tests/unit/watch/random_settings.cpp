// What is configured in a random world, and how it changes.
#include <algorithm>

#include "unit/watch/random_world.hpp"

namespace buildwatch::watch::testing {

void random_world::invent() {
  std::size_t const providers = 1 + pick(3);
  for (std::size_t i = 0; i < providers; ++i) {
    provider_options p;
    p.name = "p" + std::to_string(i);
    provider_settings_.push_back(p);
    providers_.emplace_back();
    change_provider(i);
  }
  std::size_t const n = 1 + pick(12);
  for (std::size_t i = 0; i < n; ++i) {
    job_settings_.push_back(
        job("job" + std::to_string(i), invent_timing(), static_cast<std::uint32_t>(pick(providers))));
    truths_.emplace_back();
    next_build(i);
  }
}

timing random_world::invent_timing() {
  return {1s + base::duration(pick(60)) * 1'000'000'000, 50ms + base::duration(pick(30'000)) * 1'000'000,
          1s + base::duration(pick(600)) * 1'000'000'000};
}

void random_world::next_build(std::size_t k) {
  truth& t = truths_[k];
  ++job_settings_[k].build;
  t.starts = clock_.at.mono.time_since_epoch() + base::duration(pick(600'000)) * 1'000'000;
  t.ends = t.starts + base::duration(1 + pick(1'200'000)) * 1'000'000;
  t.started = t.finished = 0;
  t.proven = false;
}

void random_world::change_provider(std::size_t k) {
  provider_options& p = provider_settings_[k];
  p.connections = static_cast<unsigned>(1 + pick(6));
  p.rate_per_second = 0.5 + static_cast<double>(pick(40));
  providers_[k].sent.clear();
  if (!one_in(3)) return;
  p.credential = static_cast<std::uint32_t>(p.credential + 1);
  providers_[k].quiet_until = base::time_point::min();
  providers_[k].refused_at = clock_.at.mono;
}

void random_world::change_job(std::size_t k) {
  truth& t = truths_[k];
  job_options& j = job_settings_[k];
  switch (pick(5)) {
    case 0: j.times = std::make_shared<timing const>(invent_timing()); break;
    case 1: j.name = "job" + std::to_string(k) + "-r" + std::to_string(pick(100)); break;
    case 2:
      if (t.finished == 1 && t.storing == 0) next_build(k);
      break;
    default: {
      // Not back before the journal has said what became of what it was given before: a reload waits for that.
      bool const settled = t.storing == 0 && providers_[j.provider].storing == 0;
      t.present = t.present ? false : settled;
      t.failing_since = base::time_point::max();
      if (!t.present) asked_.erase(k);
    }
  }
}

void random_world::change_settings() {
  for (std::size_t i = 1 + pick(3); i > 0; --i) change_job(pick(truths_.size()));
  if (one_in(3)) change_provider(pick(providers_.size()));
}

options random_world::configured() {
  options o;
  std::vector<std::uint32_t> place(providers_.size());
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    std::size_t const k = (i + truths_.size()) % providers_.size();
    bool used = false;
    for (std::size_t j = 0; j < truths_.size(); ++j) used |= truths_[j].present && job_settings_[j].provider == k;
    if (!std::exchange(providers_[k].present, used)) {
      providers_[k].sent.clear();
      providers_[k].in_flight = 0;
    }
    if (!used) providers_[k].quiet_until = base::time_point::min();
    if (!used) continue;
    place[k] = static_cast<std::uint32_t>(o.providers.size());
    o.providers.push_back(provider_settings_[k]);
  }
  for (std::size_t k = 0; k < truths_.size(); ++k) {
    if (!truths_[k].present) continue;
    o.jobs.push_back(job_settings_[k]);
    o.jobs.back().provider = place[job_settings_[k].provider];
  }
  std::ranges::shuffle(o.jobs, random_);
  return o;
}

}  // namespace buildwatch::watch::testing

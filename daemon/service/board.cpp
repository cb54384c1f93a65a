#include "service/board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace buildwatch::service {

namespace {

// Of builds that were let go nobody says that they have ended.
constexpr std::size_t most_started = 32;

void add(model::build const& b, board::record& to) {
  if (!to.started) to.started = std::make_unique<std::vector<model::build>>();
  auto& all = *to.started;
  auto const at = std::ranges::lower_bound(all, b.number, {}, &model::build::number);
  if (at == all.end() || at->number != b.number) all.insert(at, b);
  if (all.size() > most_started) all.erase(all.begin());
}

}  // namespace

board::name board::name_of(std::string_view provider, std::string_view job_id, std::uint32_t build) {
  return fmt::format("{} {} {}", job_id, build, provider);
}

template <class Use>
void board::each(std::string_view provider, std::string_view job_id, std::uint32_t build, Use use) {
  for (std::uint32_t const watched : {std::uint32_t{0}, build}) {
    auto const at = records_.find(name_of(provider, job_id, watched));
    if (at != records_.end()) use(at->second);
  }
}

void board::watch(watch::options const& what) {
  auto before = std::exchange(records_, {});
  records_.reserve(what.jobs.size());
  for (watch::job_options const& job : what.jobs) {
    name key = name_of(what.providers[job.provider].name, job.job_id, job.build);
    auto known = before.extract(key);
    if (known.empty()) {
      records_.try_emplace(std::move(key));
    } else {
      records_.insert(std::move(known));
    }
  }
}

void board::take(model::event const& e) {
  if (!e.job || !e.build) return;
  model::build const& b = *e.build;
  if (e.type == model::event_type::build_finished) {
    take(e.provider, e.job->job_id, b);
    auto const how = static_cast<std::size_t>(b.outcome.value_or(model::outcome::unknown));
    each(e.provider, e.job->job_id, b.number, [how](record& r) { ++r.ended.at(how); });
  } else if (e.type == model::event_type::build_started) {
    each(e.provider, e.job->job_id, b.number, [&b](record& r) { add(b, r); });
  }
}

void board::take(std::string_view provider, std::string_view job_id, model::build const& b) {
  each(provider, job_id, b.number, [&b](record& r) {
    if (!r.finished || r.finished->number <= b.number) r.finished = std::make_unique<model::build const>(b);
    if (!r.started) return;
    std::erase_if(*r.started, [&b](model::build const& one) { return one.number == b.number; });
    if (r.started->empty()) r.started.reset();
  });
}

model::build const* board::started(record const& of, std::uint32_t number) {
  if (!of.started) return nullptr;
  auto const at = std::ranges::find(*of.started, number, &model::build::number);
  return at == of.started->end() ? nullptr : &*at;
}

board::record const& board::of(watch::options const& what, watch::job_options const& job) const {
  static record const nothing;
  auto const at = records_.find(name_of(what.providers[job.provider].name, job.job_id, job.build));
  return at == records_.end() ? nothing : at->second;
}

}  // namespace buildwatch::service

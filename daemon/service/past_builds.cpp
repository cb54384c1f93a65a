#include "service/past_builds.hpp"

#include <algorithm>
#include <functional>

#include "buildwatch/track/build.hpp"

namespace buildwatch::service {
namespace {

bool decides(model::build const& b) {
  return b.outcome && *b.outcome != model::outcome::aborted && *b.outcome != model::outcome::unknown;
}

model::build as_build(model::build_record const& r, model::outcome_words const* words) {
  model::build b = track::from_record(r, words);
  b.building = r.running;
  if (r.running) b.outcome.reset();
  return b;
}

}  // namespace

void past_builds::add(std::span<model::build_record const> records, model::outcome_words const* words) {
  std::size_t const known = builds_.size();
  for (auto const& r : records) {
    auto const end = builds_.begin() + static_cast<std::ptrdiff_t>(known);
    auto const same = std::find_if(builds_.begin(), end, [&](model::build const& b) { return b.number == r.number; });
    if (same == end) builds_.push_back(as_build(r, words));
  }
  std::ranges::stable_sort(builds_, std::ranges::greater{}, &model::build::number);
}

std::optional<base::wall_time> past_builds::began(std::uint32_t number) const {
  auto const at = std::ranges::find(builds_, number, &model::build::number);
  if (at == builds_.end()) return std::nullopt;
  return at->started_at ? at->started_at : at->first_seen_running;
}

std::vector<forecast::past_build> past_builds::lengths() const {
  std::vector<forecast::past_build> all;
  for (auto const& b : builds_) {
    if (all.size() == forecast::most_past_builds) break;
    auto const lasted = model::length_of(b);
    if (b.outcome && lasted) all.push_back({b.number, *lasted, *b.outcome});
  }
  return all;
}

std::optional<model::previous_build> past_builds::before(std::uint32_t number) const {
  auto const at = std::ranges::find_if(builds_, [&](model::build const& b) { return b.number < number && decides(b); });
  if (at == builds_.end()) return std::nullopt;
  return model::previous_build{at->number, *at->outcome};
}

bool past_builds::overtaken(std::uint32_t number) const {
  return std::ranges::any_of(builds_, [&](model::build const& b) { return b.number > number && decides(b); });
}

}  // namespace buildwatch::service

// What must hold of each event of a followed job, and what is missing in the end.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/following.hpp"

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;

// So long may it be on its way to the store.
constexpr base::duration on_its_way = 6s;

bool decides(std::optional<model::outcome> const& o) {
  return o && *o != model::outcome::aborted && *o != model::outcome::unknown;
}

}  // namespace

/// Of what has ended while nobody looked, no more is told than `catch_up`.
void following::check_catch_up(model::event const& e, job_facts const& job) const {
  auto const missed = [](build_facts const& b) { return b.plain && !b.seen_running && b.seen_finished && !b.finished; };
  auto const self = job.builds.find(e.build->number);
  if (job.probed || !missed(self->second)) return;
  auto const later = std::count_if(std::next(self), job.builds.end(), [&](auto const& b) { return missed(b.second); });
  if (later >= static_cast<std::ptrdiff_t>(job.most)) fail(e, fmt::format("{} later ones are to be told", later));
}

/// Its record is waited for, but not longer than a question takes.
void following::check_delay(model::event const& e, build_facts const& b) const {
  if (!b.started || !b.ended_seen) return;
  base::duration const late = clock_.elapsed() - *b.ended_seen;
  if (late > world::question_timeout + on_its_way) fail(e, "it is told long after it was seen to end");
}

void following::check_times(model::event const& e) const {
  if (clock_.wall_steps() > 0) return;
  model::build const& b = *e.build;
  followed_build const& truth = truth_.job(job_key(e.provider, e.job->job_id)).builds.at(b.number);
  if (b.result != truth.word || truth.settled == followed_build::for_ever) return;
  auto const end = virtual_clock::true_wall(truth.ends);
  auto const settled = virtual_clock::true_wall(truth.settled);
  if (b.last_seen_running && *b.last_seen_running > end + 1s) fail(e, "it was seen running after its end");
  if (*b.first_seen_finished < settled - 1s) fail(e, "it was seen finished before its end");
  if (!b.times_exact) return;
  if (truth.record_off == base::duration::zero()) {
    if (std::chrono::abs(*b.finished_at - end) > 10ms) fail(e, "its end is not that of its record");
    if (!b.started_at || std::chrono::abs(*b.started_at - virtual_clock::true_wall(truth.starts)) > 10ms) {
      fail(e, "its start is not that of its record");
    }
  } else if (*b.finished_at > *b.first_seen_finished + 61s ||
             (b.last_seen_running && *b.finished_at < *b.last_seen_running - 61s)) {
    fail(e, "a record is believed that polling contradicts");
  }
}

void following::check_change(model::event const& e, job_facts const& job) const {
  if (store_forgets_) return;
  std::optional<model::previous_build> before;
  bool overtaken = false;
  for (auto const& [number, outcome] : job.history) {
    if (!decides(outcome)) continue;
    if (number < e.build->number) before = model::previous_build{number, *outcome};
    overtaken = overtaken || number > e.build->number;
  }
  bool const same = before
                        ? e.previous && e.previous->number == before->number && e.previous->outcome == before->outcome
                        : !e.previous;
  if (!same) fail(e, "the build before it is another");
  auto const passes = [](model::outcome o) { return o == model::outcome::success; };
  std::optional<model::change> change;
  if (before && !overtaken && decides(e.build->outcome)) {
    bool const passed = passes(before->outcome);
    if (passes(*e.build->outcome)) {
      change = passed ? model::change::still_passing : model::change::fixed;
    } else {
      change = passed ? model::change::broken : model::change::still_failing;
    }
  }
  if (e.change != change) fail(e, "it changes something else");
}

std::string following::missing_of(job_setup const& j) const {
  std::string const key = job_key(j.provider, j.job_id);
  auto const of = jobs_.find(key);
  followed_job const& script = truth_.job(key);
  base::duration const now = clock_.elapsed();
  if (of == jobs_.end() || !of->second.begun) {
    bool const blind = of != jobs_.end() && probes(of->second);
    return blind || !script.there(now) ? std::string() : key + ": its baseline was never stored";
  }
  job_facts const& job = of->second;
  bool const out_of_reach = script.skips && probes(job);
  bool const listed = !store_forgets_ && !job.list_refused && script.gone_until == base::duration::zero();
  for (auto const& [number, truth] : script.builds) {
    auto const known = job.builds.find(number);
    build_facts const b = known == job.builds.end() ? build_facts{} : known->second;
    bool const of_baseline = number <= job.baseline && !b.started && !b.kept;
    if (of_baseline || b.finished || truth.expires <= now) continue;
    if (!b.started && b.passed && listed && !job.history.contains(number)) {
      return fmt::format("{} #{}: it was passed over, and is not in the history", key, number);
    }
    if (!b.started && (b.excused || out_of_reach)) continue;
    if (b.started && b.excused) continue;
    if (truth.settled <= now) return fmt::format("{} #{}: its end was never told", key, number);
    bool const runs = truth.starts <= now && truth.ends > now;
    if (runs && !b.started) return fmt::format("{} #{}: its start was never told", key, number);
  }
  return {};
}

}  // namespace buildwatch::simulation

// Who is asked about first when a provider's rate limit is less than all its jobs ask for.
#include <algorithm>
#include <limits>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

// Late by less than this, a job waits for its token among few: they go in turn.
constexpr base::duration short_wait = 500ms;
// No job is late by more than this many times what they are in the mean.
constexpr double most_patience = 4;
constexpr double fresh = 0.25;   // share of the newest build in what is known of a job
constexpr double recent = 0.02;  // share of the latest in that mean
// So many jobs are compared for one request, less at rates at which that would cost something.
constexpr double comparisons_per_second = 100'000;
constexpr std::size_t fewest = 64, most = 4096;
// Chance of news a second, where nothing better is known: of a build that runs, of a job in which none does.
constexpr double of_running = 1.0 / (15 * 60), of_idle = 1.0 / (4 * 3600);
constexpr double early = 0.7;   // of its usual length a build may well have ended by then
constexpr double beside = 0.1;  // chance that one begins while another runs, against one where none does

double square(double x) { return x * x; }

}  // namespace

/// What is gained by asking now: a build that ends at `hazard` and was last looked at a time ago has ended unseen with
/// probability hazard * time, and is late by half of that time then. Whoever stands highest goes first, so that each is
/// asked when its worth reaches the same price: the density of requests follows the square root of the hazard (Azar,
/// Horvitz, Lubetzky, Peres, Shahaf, "Tractable near-optimal policies for crawling", PNAS 2018, where pages are jobs).
double engine::state::worth(job_index job, base::instant now) const {
  job_state const& j = jobs[job];
  turn const t = next_turn(job);
  if (t.kind == errand_kind::record) return std::numeric_limits<double>::infinity();
  job_options const& how = what.jobs[job];
  watched_build const* const b = t.kind == errand_kind::poll ? j.pursuit->find(t.build) : nullptr;
  if (b && track::under_way(b->known)) {
    base::time_point const begin = track::begin_of(b->known, now);
    double const since = seconds(now.mono - b->known.last_running).count();
    if (!j.pursuit->lengths) return of_running * square(since);
    forecast::survival const& ran = j.pursuit->lengths->outlook.durations();
    double const elapsed = seconds(now.mono - begin).count();
    return since * (1 - ran.running(elapsed) / ran.running(std::max(elapsed - since, 0.0)));
  }
  double const since = seconds(now.mono - j.look + how.times->idle).count();
  if (j.polled == track::never || j.trouble || t.kind != errand_kind::look)
    return of_running * square(seconds(now.mono - j.due + how.times->idle).count());
  // A build that has begun since the last look is late only once it has ended.
  double const hidden = early * j.lasts;
  if (since <= hidden) return 0;
  double const often = j.every > 0 ? 1 / j.every : of_idle;
  return (under_way(job) ? beside : 1) * often * (since - hidden) * (since + hidden);
}

/// A build of the job has ended.
void engine::state::learn(job_index job, model::build const& b, base::time_point now) {
  job_state& j = jobs[job];
  auto const blend = [](float& known, double news) {
    known = static_cast<float>(known == 0 ? news : (1 - fresh) * known + fresh * news);
  };
  if (auto const lasted = model::length_of(b)) blend(j.lasts, seconds(*lasted).count());
  if (j.ended != track::never && now > j.ended) blend(j.every, seconds(now - j.ended).count());
  j.ended = now;
}

/// Of the jobs that wait for a token, by their place in the queue. The first has waited longest.
std::size_t engine::state::choose(provider_state& p, base::instant now) {
  auto const all = p.due.entries();
  due_queue::entry const first = all[0];
  base::duration const late = now.mono - first.due;
  base::duration const patience =
      std::chrono::duration_cast<base::duration>(most_patience * seconds(p.lateness)) + interval_of(first.job);
  std::size_t best = 0;
  if (late >= short_wait && late < patience) {
    double const rate = what.providers[what.jobs[first.job].provider].rate_per_second;
    std::size_t const few = std::clamp(static_cast<std::size_t>(comparisons_per_second / rate), fewest, most);
    double highest = worth(first.job, now);
    // Another part of the queue each time, where it is too long to be gone through.
    std::size_t const begin = all.size() <= few ? 0 : p.compared % all.size();
    p.compared = begin + few;
    for (std::size_t n = 0; n < std::min(all.size(), few); ++n) {
      std::size_t const i = (begin + n) % all.size();
      job_state const& j = jobs[all[i].job];
      if (all[i].due > now.mono || j.stage != stage::queued || j.due != all[i].due) continue;
      double const w = worth(all[i].job, now);
      if (w <= highest) continue;
      highest = w;
      best = i;
    }
  }
  seconds const mean = (1 - recent) * seconds(p.lateness) + recent * seconds(now.mono - all[best].due);
  p.lateness = std::chrono::duration_cast<base::duration>(mean);
  return best;
}

}  // namespace buildwatch::watch

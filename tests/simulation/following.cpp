#include "simulation/following.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace buildwatch::simulation {
namespace {

using namespace std::chrono_literals;
using model::event_type;
using model::sight;

// A number that is missing is waited for while it is one of the newest, and not for ever.
constexpr std::uint32_t young = 16;
constexpr base::duration never_there = 55min, not_there_any_more = 23h;
constexpr std::uint32_t most_missing = 100;  // numbers that are looked at beyond those that are told
constexpr base::duration left_alone = 24h;   // a refused call

constexpr auto newest_call = static_cast<std::size_t>(watch::extra_call::newest);
constexpr auto list_call = static_cast<std::size_t>(watch::extra_call::list);

}  // namespace

void following::fail(model::event const& e, std::string_view why) const {
  told_.fail(fmt::format("{} of {} #{}: {}", to_string(e.type), e.job->name, e.build->number, why));
}

void following::life_ends() {
  for (auto& [key, job] : jobs_) {
    for (auto& [number, b] : job.builds) {
      b.absent_since.reset();
      b.ended_seen.reset();
    }
  }
}

void following::in_force(setup const& s) {
  for (job_setup const& j : s.jobs) {
    job_facts& job = jobs_[job_key(j.provider, j.job_id)];
    job.least = std::min(job.least, j.times->catch_up);
    job.most = std::max(job.most, j.times->catch_up);
  }
}

/// What was refused may have been allowed meanwhile.
void following::reloaded(setup const& now) {
  in_force(now);
  for (auto& [key, job] : jobs_) job.refused = {};
}

bool following::probes(job_facts const& job) const {
  return std::ranges::all_of(std::array{newest_call, list_call}, [&](std::size_t call) {
    return job.refused[call] && clock_.elapsed() - *job.refused[call] <= left_alone;
  });
}

void following::answered(std::string const& provider, std::string const& job_id, std::uint32_t build, watch::asks what,
                         model::observation const& seen) {
  if (!is_followed(job_id)) return;
  std::string const key = job_key(provider, job_id);
  job_facts& job = jobs_[key];
  if (seen.sight == sight::failed) {
    // One that fails again and again is passed by, and told when it can be asked about.
    build_facts* const b = what == watch::asks::build ? &job.builds[build] : nullptr;
    if (b && ++b->failed >= 2) b->plain = false;
    if (what == watch::asks::list) job.list_refused = true;  // and is done without, if it goes on
    return;
  }
  if (what == watch::asks::build) {
    take_build(job, build, seen.sight);
  } else if (what != watch::asks::record) {
    take_number(job, what, seen);
  }
  excuse(job, truth_.job(key));
}

void following::take_number(job_facts& job, watch::asks what, model::observation const& seen) {
  if (seen.sight == sight::refused_call) {
    job.refused[what == watch::asks::newest ? newest_call : list_call] = clock_.elapsed();
    job.probed = job.probed || probes(job);
    job.list_refused = job.list_refused || what == watch::asks::list;
  }
  if (seen.sight != sight::job_exists) return;
  job.numbers.insert(seen.number);
  job.shown = std::max(job.shown, seen.number);
  for (model::build_record const& r : seen.records) {
    if (r.running) job.builds[r.number].plain = false;
  }
}

void following::take_build(job_facts& job, std::uint32_t number, sight seen) {
  build_facts& b = job.builds[number];
  b.last = seen;
  b.seen_running = b.seen_running || seen == sight::running;
  b.seen_finished = b.seen_finished || seen == sight::finished;
  if (seen == sight::finished) b.ended_seen = clock_.elapsed();
  b.plain = b.plain && (seen == sight::running || seen == sight::finished);
  if (seen != sight::no_such_build) {
    job.shown = std::max(job.shown, number);
    b.absent_since.reset();
    return;
  }
  base::duration const now = clock_.elapsed();
  bool const first = !b.absent_since;
  if (first) b.absent_since = now;
  bool const old = first && !b.started && job.shown >= number + young;
  if (!old && now - *b.absent_since < (b.seen_running ? not_there_any_more : never_there)) return;
  b.excused = true;
  b.passed = false;
}

/// Of builds that have ended and are not known to run, only the newest are told.
void following::excuse(job_facts& job, followed_job const& script) {
  base::duration const now = clock_.elapsed();
  std::uint32_t ended = 0;
  for (auto at = script.builds.rbegin(); at != script.builds.rend(); ++at) {
    auto const& [number, truth] = *at;
    if (number > job.shown) continue;
    if (job.begun && number <= job.baseline) break;
    build_facts& b = job.builds[number];
    if (b.started || b.finished) continue;
    if (job.shown - number >= most_missing) b.excused = true;
    if (truth.settled > now || (truth.expires <= now && !b.seen_finished)) continue;
    if (ended++ < job.least || b.excused) continue;
    b.excused = b.passed = true;
  }
}

// ---- what is stored ----

void following::stored(watch::memory const& what) {
  for (watch::job_memory const& m : what.jobs) remembered(m);
  for (watch::old_build const& o : what.builds) {
    jobs_[job_key(o.provider, o.job_id)].history.try_emplace(o.build.number, o.build.outcome);
  }
}

void following::remembered(watch::job_memory const& m) {
  if (m.build != 0 || !m.begun) return;
  job_facts& job = jobs_[job_key(m.provider, m.job_id)];
  told_.expect(m.newest >= job.baseline, m.name + ": what is known of its newest build goes back behind the baseline");
  if (std::exchange(job.begun, true)) return;
  job.baseline = m.newest;
  told_.tell("baseline", m.name, m.newest);
  told_.expect(job.probed || job.numbers.contains(m.newest),
               m.name + ": nobody has told that the newest build is that of its baseline");
  for (watch::build_memory const& b : m.builds) job.builds[b.number].kept = true;
  auto const at = job.builds.find(m.newest);
  if (at == job.builds.end() || at->second.last != sight::running) return;
  told_.expect(at->second.kept, m.name + ": its newest build runs, and the baseline does not know that");
}

void following::claimed(watch::transition const& what) {
  model::event const& e = what.event;
  if (!e.build || !what.job || what.job->build != 0) return;
  job_facts const& job = jobs_[job_key(e.provider, e.job->job_id)];
  std::uint32_t const number = e.build->number;
  auto const at = job.builds.find(number);
  if (at == job.builds.end()) return fail(e, "nobody has seen anything of it");
  build_facts const& b = at->second;
  if ((!job.begun || number <= job.baseline) && b.plain && !b.seen_running)
    fail(e, "it ended before the job was watched");
  if (b.plain && !b.started && number < job.last_first) fail(e, "a later one was told before");
  if (e.type != event_type::build_finished) return;
  check_catch_up(e, job);
  check_delay(e, b);
  check_times(e);
}

void following::stored(watch::transition const& what) {
  model::event const& e = what.event;
  if (what.job) remembered(*what.job);
  if (!e.build) return;
  job_facts& job = jobs_[job_key(e.provider, e.job->job_id)];
  build_facts& b = job.builds[e.build->number];
  if (e.type == event_type::build_finished) {
    check_change(e, job);
    job.history[e.build->number] = e.build->outcome;
  }
  if (what.job->build != 0) return;
  if (b.plain && !b.started) job.last_first = std::max(job.last_first, e.build->number);
  if (e.type == event_type::build_started) b.started = true;
  if (e.type == event_type::build_finished) b.started = b.finished = true;
}

}  // namespace buildwatch::simulation

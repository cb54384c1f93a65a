// Which build is the newest, by which call; and what there was before the job was watched.
#include <algorithm>
#include <utility>

#include "buildwatch/track/moments.hpp"
#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

using namespace std::chrono_literals;

constexpr base::duration alone = 24h;     // a call that was refused is not made for so long
constexpr int blind_looks = 10;           // so many intervals between searches that found nothing to go by
constexpr std::uint32_t past_every = 10;  // looks between tries to fetch past builds
constexpr std::uint32_t at_once = 5;      // builds that a job makes from one look to the next, at most

constexpr std::size_t place_of(extra_call call) { return static_cast<std::size_t>(call); }

}  // namespace

bool engine::state::may(job_index job, extra_call call, base::time_point now) const {
  refusals const* const r = jobs[job].refused.get();
  return !r || (*r)[place_of(call)] <= now;
}

void engine::state::leave_alone(job_index job, extra_call call, base::time_point now) {
  auto& r = jobs[job].refused;
  if (!r) {
    r = std::make_unique<refusals>();
    r->fill(track::never);
  }
  (*r)[place_of(call)] = now + alone;
  mark(job);
}

void engine::state::say_refused(job_index job, extra_call call, std::string const& why, commands& out) const {
  bool const first = call == extra_call::newest;
  log_job(job, base::log_level::warn, "job.call_refused",
          "job " + what.jobs[job].name + ": the provider refuses " + (first ? "running-status" : "the build list") +
              " (" + why + "); for a day its newest build is looked for by " +
              (first && may(job, extra_call::list, last_now) ? "the build list" : "probing build-info"),
          out);
}

/// Numbers only rise. Where they do not, the job has been made anew under its old id, or an answer is not what it was.
void engine::state::compare_numbers(job_index job, std::uint32_t named, commands& out) {
  job_state& j = jobs[job];
  bool const before = std::exchange(j.stepped_back, named < j.newest);
  if (!j.stepped_back || before) return;
  log_job(job, base::log_level::warn, "job.stepped_back",
          "job " + what.jobs[job].name + ": running-status " +
              (named == 0 ? "names no build" : "says that build " + std::to_string(named) + " is the newest") +
              ", though build " + std::to_string(j.newest) + " is known; only higher numbers are news",
          out);
}

/// A job that was never built by the last look does not have many builds by this one. Either what was said then was
/// wrong, or the older ones are kept no longer: the list knows which of them are news.
bool engine::state::out_of_nowhere(job_index job, newest_search const& search, model::observation const& seen) const {
  job_state const& j = jobs[job];
  return j.newest == 0 && j.looked != track::never && seen.records.empty() && search.number() > at_once &&
         may(job, extra_call::list, last_now);
}

/// Builds that began long before the job was looked at, when it seemed never built, are no news. Clocks differ, and so
/// do zones: less than a day tells nothing.
void engine::state::skip_old(job_index job, model::observation const& seen, base::instant now) {
  gap& g = *jobs[job].pursuit->inquiry->news;
  base::wall_time const looked = track::wall_of(g.since - 24h, now);
  for (model::build_record const& r : seen.records) {
    if (r.number <= g.last && r.started_at && *r.started_at < looked) g.first = std::max(g.first, r.number + 1);
  }
  if (g.first > g.last) g.now = gap::step::telling;
}

/// Counts the looks of a job, roughly: by the time.
std::uint32_t engine::state::round_of(job_index job, base::time_point now) const {
  return static_cast<std::uint32_t>(now.time_since_epoch() / what.jobs[job].times->idle);
}

newest_search engine::state::begin_search(job_index job, base::time_point now) const {
  newest_search::means const means{may(job, extra_call::newest, now), may(job, extra_call::list, now)};
  return {means, jobs[job].newest, round_of(job, now)};
}

/// One step of a search.
void engine::state::look_on(job_index job, newest_search& search, answered const& in, base::instant now,
                            commands& out) {
  job_options const& how = what.jobs[job];
  newest_search::means const before = search.left();
  bool const by_status = search.next()->what == asks::newest && in.seen.sight == model::sight::job_exists;
  if (by_status) compare_numbers(job, in.seen.number, out);
  search.take(in.seen);
  newest_search::state const came_to = search.now();
  if (came_to == newest_search::state::failed) return out_of_place(job, in.sent.mono, now, out);
  newest_search::means const left = search.left();
  bool const refused = before.newest != left.newest || before.list != left.list;
  if (refused) {
    extra_call const call = before.newest != left.newest ? extra_call::newest : extra_call::list;
    leave_alone(job, call, now.mono);
    say_refused(job, call, in.seen.text, out);
  }
  if (came_to == newest_search::state::no_such_job && !jobs[job].proven) {
    provider_heard(job, false, in.sent.mono, now, out);
    place_look(job, how.times->idle, in.sent.mono, now.mono);
    return not_found(job, in.seen, in.sent.mono, now, out);
  }
  bool const told = came_to == newest_search::state::found || came_to == newest_search::state::none;
  bool const met = search.number() > jobs[job].newest;  // whatever comes of it, something of the job is there
  if (told || met) prove(job);
  bool const searching = came_to == newest_search::state::searching;
  provider_heard(job, told, in.sent.mono, now, out);
  if (searching) {
    inquire(job, now.mono).search.emplace(search);
    return proceed(job, track::notice::none, std::nullopt, now, out);
  }
  base::duration const wait =
      came_to == newest_search::state::unknown ? how.times->idle * blind_looks : how.times->idle;
  place_look(job, wait, in.sent.mono, now.mono);
  found_newest(job, search, in.seen, now, out);
  job_state& j = jobs[job];
  if (!j.pursuit || !j.pursuit->inquiry || !j.pursuit->inquiry->news) {
    j.looked = told && !search.probes() ? in.sent.mono : track::never;
  } else if (gap& news = *j.pursuit->inquiry->news; news.found_at == track::never && !search.probes()) {
    // A look that shows more than an older gap holds had seen what the next one will find.
    if (search.number() <= news.last) news.found_at = in.sent.mono;
  }
}

/// The search has ended, well or without a result.
void engine::state::found_newest(job_index job, newest_search const& search, model::observation const& seen,
                                 base::instant now, commands& out) {
  job_state& j = jobs[job];
  job_options const& how = what.jobs[job];
  track::notice const notice = answered_well(job, now, out);
  bool const first_sight = !j.begun;
  gap const* const news = j.news();
  switch (search.now()) {
    case newest_search::state::found:
      if (first_sight && news && news->last == search.number()) break;  // it is being asked about
      if (first_sight) {
        begin_gap(job, search.number(), search.number(), true, now);
        want_past(job, now.mono);
      } else if (search.number() > j.newest && !news) {
        // The list tells of a month. What it does not show of a job that seemed never built is older, and no news.
        std::uint32_t const lowest = seen.records.empty() || j.newest > 0 ? 0 : seen.records.back().number;
        begin_gap(job, std::max(j.newest + 1, lowest), search.number(), false, now);
        inquire(job, now.mono).past_wanted = out_of_nowhere(job, search, seen);
      }
      break;
    case newest_search::state::none:
      if (first_sight) begin_gap(job, 1, 0, true, now);  // nothing to look at: its first build will be news
      break;
    case newest_search::state::no_such_job:
      if (std::exchange(j.gone, true)) break;
      log_job(job, base::log_level::warn, "job.gone",
              "job " + how.name + ": provider " + what.providers[how.provider].name + " knows job " + how.job_id.str() +
                  " no longer (" + seen.text + "); it is looked for all the same",
              out);
      break;
    default:
      log_job(job, base::log_level::warn, "job.newest_unknown",
              "job " + how.name +
                  ": its newest build can not be found: running-status and the build list are refused, "
                  "and no build that is kept was met by probing; allow one of the calls, or give it a `build` number",
              out);
  }
  if (j.begun && !j.past_known && round_of(job, now.mono) % past_every == 0) want_past(job, now.mono);
  proceed(job, notice, std::nullopt, now, out);
}

/// The builds of the past are fetched once, where that is allowed.
void engine::state::want_past(job_index job, base::time_point when) {
  job_state const& j = jobs[job];
  if (j.past_known || stopped || !may(job, extra_call::list, last_now)) return;
  pursuit const* const p = j.pursuit.get();
  if (p && p->inquiry && !p->inquiry->empty() && !(p->inquiry->news && p->inquiry->news->baseline)) return;
  inquire(job, when).past_wanted = true;
}

old_build engine::state::old(job_index job, model::build b) const {
  job_options const& how = what.jobs[job];
  return {what.providers[how.provider].name, how.job_id.str(), how.name, std::move(b)};
}

/// Records of what has ended, for the history; what has not is watched from now on. Followed: up to `last`, as what is
/// newer is news.
std::vector<old_build> engine::state::sort_records(job_index job, model::observation const& seen, std::uint32_t last,
                                                   base::instant now) {
  job_options const& how = what.jobs[job];
  std::vector<old_build> past;
  for (model::build_record const& r : seen.records) {
    if (followed(job) ? r.number > last : r.number == how.build) continue;
    if (!r.running) {
      past.push_back(old(job, track::from_record(r, how.outcomes.get())));
    } else if (followed(job)) {
      watched_build& b = watch_build(job, r.number, now.mono);
      if (r.started_at) b.known.started_at = *r.started_at;
    }
  }
  return past;
}

void engine::state::take_past(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  inquiry& i = *j.pursuit->inquiry;
  i.past_wanted = false;
  bool const baseline = i.news && i.news->baseline;
  j.pursuit->soon = i.news ? now.mono : base::time_point::max();
  if (in.seen.sight == model::sight::failed) {
    gate_failed(in.job, in.seen, in.sent.mono, now, out);
    return proceed(in.job, track::notice::none, std::nullopt, now, out);
  }
  provider_heard(in.job, true, in.sent.mono, now, out);
  if (in.seen.sight == model::sight::refused_call) leave_alone(in.job, extra_call::list, now.mono);
  if (in.seen.sight != model::sight::job_exists) {
    return proceed(in.job, track::notice::none, std::nullopt, now, out);
  }
  if (i.news && !baseline) skip_old(in.job, in.seen, now);
  std::uint32_t const last = baseline ? i.news->last : i.news ? i.news->first - 1 : j.newest;
  std::vector<old_build> past = sort_records(in.job, in.seen, last, now);
  j.past_known = true;
  mark(in.job);
  if (baseline) {
    i.past = std::move(past);
    return proceed(in.job, track::notice::none, std::nullopt, now, out);
  }
  std::erase_if(past, [&](old_build const& b) { return j.pursuit->find(b.build.number) != nullptr; });
  commit_note(in.job, j.newest, false, std::move(past), now, out);
}

}  // namespace buildwatch::watch

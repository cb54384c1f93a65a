// Builds that have come since the last look: found from the newest down, told from the oldest up.
#include <algorithm>
#include <utility>

#include "watch/engine_state.hpp"

namespace buildwatch::watch {
namespace {

constexpr std::uint32_t most_missing = 100;  // questions beyond those for builds that are told, in one gap
constexpr std::uint32_t most_looked = 1000;  // the same, where no list tells of the others
constexpr std::uint32_t most_pages = 10;     // of the build list, a hundred builds each
constexpr std::size_t page_size = 100;
constexpr std::uint32_t young = 16;  // so many of the newest numbers may be missing as they have not begun yet

/// A build that has ended, and of which no event tells.
model::build untold(sighting const& s, model::outcome_words const* extra) {
  model::build b;
  b.number = s.number;
  b.outcome = model::outcome_of(s.seen.word, extra ? *extra : model::outcome_words{});
  b.result = s.seen.word;
  b.region = s.seen.region;
  b.first_seen_finished = s.at.wall;
  return b;
}

std::string plural(std::uint32_t n) { return n == 1 ? "1 earlier build" : std::to_string(n) + " earlier builds"; }

}  // namespace

/// `baseline`: first sight; `first` is the newest build, or above `last` where there is none.
void engine::state::begin_gap(job_index job, std::uint32_t first, std::uint32_t last, bool baseline,
                              base::instant now) {
  inquiry& i = inquire(job, now.mono);
  gap g;
  g.first = first;
  g.since = jobs[job].looked;
  g.last = g.next = last;
  g.baseline = baseline;
  if (first > last) g.now = gap::step::telling;
  i.news = std::make_unique<gap>(std::move(g));
  // What was under way before may well have ended: that comes first.
  if (baseline) return;
  for (watched_build& b : jobs[job].pursuit->builds) b.due = std::min(b.due, now.mono);
}

void engine::state::take_scan(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  gap& g = *j.pursuit->inquiry->news;
  model::sight const seen = in.seen.sight;
  bool const there = seen == model::sight::running || seen == model::sight::finished || seen == model::sight::undecided;
  if (!there && seen != model::sight::no_such_build) return out_of_place(in.job, in.sent.mono, now, out);
  provider_heard(in.job, true, in.sent.mono, now, out);
  track::notice const notice = answered_well(in.job, now, out);
  ++g.looked;
  std::uint32_t const most = what.jobs[in.job].times->catch_up;
  sighting s{g.next, in.seen, in.sent.mono, now};
  if (seen == model::sight::finished && ++g.ended > most && !g.baseline) {
    j.pursuit->inquiry->past.push_back(old(in.job, untold(s, what.jobs[in.job].outcomes.get())));
    ++g.passed;
  } else if (there || g.last - g.next < young) {
    g.found.push_back(std::move(s));
  }
  --g.next;
  j.pursuit->soon = now.mono;
  bool const enough = g.ended > most || g.looked >= most + most_missing;
  if (g.next < g.first || g.looked >= most + most_looked ||
      (enough && !g.unlisted && may(in.job, extra_call::list, now.mono))) {
    after_scan(in.job, now.mono);
  }
  proceed(in.job, notice, std::nullopt, now, out);
}

/// All that is to be told is known. Is there more, that goes into the history?
void engine::state::after_scan(job_index job, base::time_point now) {
  gap& g = *jobs[job].pursuit->inquiry->news;
  g.now = gap::step::telling;
  if (g.baseline) return;
  if (g.next < g.first) return;
  if (!g.unlisted && may(job, extra_call::list, now)) {
    g.now = gap::step::counting;
    g.page = 0;
  } else {
    g.passed += g.next - g.first + 1;
    g.counted = false;
  }
}

/// A number that fails while other questions of the job are answered: it is asked about by itself from now on, and
/// holds up no other. At first sight it is the newest one, which alone decides. And a list that fails is done without:
/// one by one, then.
void engine::state::pass_by(job_index job, base::time_point now) {
  gap& g = *jobs[job].pursuit->inquiry->news;
  if (g.baseline) return;
  if (g.now == gap::step::counting) {
    g.unlisted = true;
    g.now = gap::step::scanning;
    g.failures = 0;
    g.again = {};
    return;
  }
  watched_build& b = watch_build(job, g.next, g.again);
  b.since = now;
  b.failures = std::exchange(g.failures, std::uint8_t{0});
  b.known.not_before = g.since;
  g.again = {};
  --g.next;
  ++g.looked;
  if (g.next < g.first) after_scan(job, now);
  mark(job);
}

/// A page of the build list, for the builds that were not looked at one by one.
void engine::state::take_missed(answered const& in, base::instant now, commands& out) {
  job_state& j = jobs[in.job];
  inquiry& i = *j.pursuit->inquiry;
  gap& g = *i.news;
  provider_heard(in.job, true, in.sent.mono, now, out);
  track::notice const notice = answered_well(in.job, now, out);
  j.pursuit->soon = now.mono;
  if (in.seen.sight == model::sight::refused_call) {  // one by one, then
    leave_alone(in.job, extra_call::list, now.mono);
    g.now = gap::step::scanning;
    return proceed(in.job, notice, std::nullopt, now, out);
  }
  std::uint32_t lowest = g.last;
  for (model::build_record const& r : in.seen.records) {
    lowest = std::min(lowest, r.number);
    if (r.number < g.first || r.number > g.next) continue;
    if (r.running) {
      g.running.push_back(r);
    } else {
      i.past.push_back(old(in.job, track::from_record(r, what.jobs[in.job].outcomes.get())));
      ++g.passed;
    }
  }
  bool const over = in.seen.records.size() < page_size || lowest <= g.first || ++g.page >= most_pages;
  if (over) g.now = gap::step::telling;
  proceed(in.job, notice, std::nullopt, now, out);
}

/// First sight: what has ended is no news, and what runs is.
void engine::state::set_baseline(job_index job, base::instant now, commands& out) {
  job_state& j = jobs[job];
  inquiry& i = *j.pursuit->inquiry;
  gap& g = *i.news;
  std::vector<old_build> past = std::exchange(i.past, {});
  watched_build const* const known = g.found.empty() ? nullptr : j.pursuit->find(g.found[0].number);
  bool const told = known && known->known.phase == track::build_phase::running;  // and has ended since
  if (!g.found.empty() && g.found[0].seen.sight == model::sight::finished && !told) {
    std::uint32_t const number = g.found[0].number;
    forget_build(job, number);
    // Its record tells more, how long it took among it.
    bool const listed = std::ranges::any_of(past, [&](old_build const& b) { return b.build.number == number; });
    if (!listed) past.push_back(old(job, untold(g.found[0], what.jobs[job].outcomes.get())));
    g.found.clear();
  } else if (!g.found.empty()) {
    watch_build(job, g.found[0].number, now.mono);
  }
  std::erase_if(past, [&](old_build const& b) { return j.pursuit->find(b.build.number) != nullptr; });
  g.baseline = false;
  commit_note(job, g.last, true, std::move(past), now, out);
}

bool engine::state::tell_next(job_index job, base::instant now, commands& out) {
  job_state& j = jobs[job];
  if (!j.pursuit || !j.pursuit->inquiry || !j.pursuit->inquiry->news) return false;
  inquiry& i = *j.pursuit->inquiry;
  gap& g = *i.news;
  if (g.now != gap::step::telling || i.ending || i.search || i.past_wanted) return false;
  if (g.baseline) {
    set_baseline(job, now, out);
    return true;
  }
  if (g.told_from == base::wall_time()) g.told_from = now.wall;
  if (g.passed > 0 || !g.running.empty()) {
    pass_over(job, now, out);
    return true;
  }
  while (!g.found.empty()) {
    sighting const s = std::move(g.found.back());
    g.found.pop_back();
    watched_build& b = watch_build(job, s.number, now.mono);
    b.known.not_before = g.since;
    auto found = see_build(job, b, s.seen, s.sent, s.at, out);
    if (found) {
      commit_build(job, std::move(*found), now, out);
      return true;
    }
    if (i.ending) return false;  // its record is asked for first
    j.newest = std::max(j.newest, s.number);
    mark(job);
  }
  if (g.last > j.newest) {
    j.newest = g.last;
    mark(job);
  }
  j.looked = g.found_at;
  i.news.reset();
  return false;
}

/// Those that are too many go into the history, and the first that is told says so. Any of them that run still are
/// polled from now on.
void engine::state::pass_over(job_index job, base::instant now, commands& out) {
  job_state const& j = jobs[job];
  inquiry& i = *j.pursuit->inquiry;
  gap& g = *i.news;
  std::uint32_t const first_told = g.found.empty() ? g.last + 1 : g.found.back().number;
  for (model::build_record const& r : std::exchange(g.running, {})) {
    watched_build& b = watch_build(job, r.number, now.mono);
    if (r.started_at) b.known.started_at = *r.started_at;
  }
  if (g.passed > 0)
    g.reason = (g.counted ? "" : "up to ") + plural(std::exchange(g.passed, 0)) +
               " of the time without polls ended too, and went into the history only (catch_up)";
  if (!g.reason.empty())
    log_job(job, base::log_level::info, "build.passed_over", "job " + what.jobs[job].name + ": " + g.reason, out);
  commit_note(job, first_told - 1, false, std::exchange(i.past, {}), now, out);
}

}  // namespace buildwatch::watch

#include "notify/queue_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace buildwatch::notify {
namespace {

constexpr std::uint64_t named_lines = 20;
constexpr base::duration remind_every = std::chrono::hours(1);  // of a failure that lasts

base::wall_time wall_of(base::time_point t, base::instant now) {
  return now.wall + std::chrono::ceil<std::chrono::milliseconds>(t - now.mono);
}

}  // namespace

bool worth_a_line(std::uint64_t count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  return count == 1;
}

queue::state::state(delivery_options options, std::function<double()> jitter, std::size_t most)
    : random(std::move(jitter)), says(options.name, options.fallback), window(std::max<std::size_t>(most, 4)) {
  set_options(std::move(options));
}

void queue::state::set_options(delivery_options options) {
  how = std::move(options);
  says = delivery_log(how.name, how.fallback);
  patience = std::accumulate(how.retry.begin(), how.retry.end(), base::duration::zero());
  how.concurrency = std::max(how.concurrency, 1U);
  how.pauses = how.pauses && !how.retry.empty();
}

void queue::state::remember_sink(sink_memory const& known, base::instant now) {
  counts.paused = known.paused && how.pauses;
  counts.last_error = known.last_error;
  // The wall clock may have been set since: nobody asks for more than a day.
  auto const quiet = std::min<base::duration>(known.quiet_until - now.wall, std::chrono::hours(24));
  quiet_until = counts.paused && quiet > base::duration::zero() ? now.mono + quiet : base::time_point{};
  probe = 0;
}

sink_memory queue::state::memory_of_sink(base::instant now) const {
  return {counts.paused, counts.paused ? wall_of(std::max(quiet_until, now.mono), now) : base::wall_time{},
          counts.last_error};
}

// ---- starting ----

void queue::state::start_due(base::instant now, queue_commands& out) {
  if (stopped || counts.disabled) return;
  while (!resting.empty() && resting.begin()->first <= now.mono) {
    delivery_number const n = resting.begin()->second;
    make_ready(n, waiting.at(n));
  }
  if (counts.paused) {
    expire(now, out);
    try_oldest(now, out);
    expire(now, out);  // those behind it
  } else {
    while (in_flight.size() < how.concurrency) {
      auto const n = by_job.next();
      if (!n) break;
      start(*n, now, out);
    }
  }
  read_on(out);
}

void queue::state::start(delivery_number n, base::instant now, queue_commands& out) {
  auto node = take(n);
  entry& e = node.mapped();
  e.started = now.mono;
  e.overdue = e.overdue || e.due < (counts.paused ? probe_since : released_at);
  by_job.set_busy(*e.lane, true);
  out.starts.push_back({n, e.webhook_id, e.event});
  in_flight.insert(std::move(node));
}

// Alone: what was in flight when the pause began is waited for. Which is the oldest shows only once a page was read.
void queue::state::try_oldest(base::instant now, queue_commands& out) {
  if (!in_flight.empty() || waiting.empty() || (!complete && !frontier)) return;
  auto const& [n, e] = *waiting.begin();
  if (probe != n) {
    probe = n;
    probe_since = now.mono;
  }
  if (!e.resting && quiet_until <= now.mono) start(n, now, out);
}

// All of one queue have the same patience and wait in order of age, so the one at the front tells (where tries took
// their time, a younger one may have to wait for it).
void queue::state::expire(base::instant now, queue_commands& out) {
  auto at = waiting.begin();
  if (at != waiting.end() && at->first == probe) ++at;
  while (at != waiting.end() && now.mono > expiry(at->second)) {
    delivery_number const n = (at++)->first;
    kill(take(n), fmt::format("after it had waited for {}", model::for_people(patience)), now, out);
  }
}

std::optional<base::time_point> queue::state::next_due_paused() const {
  if (waiting.empty()) return std::nullopt;
  auto at = waiting.begin();
  std::optional<base::time_point> next;
  if (in_flight.empty()) next = std::max(at->second.due, quiet_until);
  if (at->first == probe) ++at;
  if (at != waiting.end()) {
    base::time_point const dead_at = expiry(at->second) + base::duration(1);
    next = next ? std::min(*next, dead_at) : dead_at;
  }
  return next;
}

// ---- results ----

void queue::state::note(entry const& e, delivery_number n, notify::fate fate, std::string why, base::instant now,
                        queue_commands& out) const {
  change c;
  c.number = n;
  c.fate = fate;
  c.at = now.wall;
  c.tries = e.tries;
  c.in_tries = e.in_tries;
  c.due = e.place.due;
  c.hit_by_pause = e.hit_by_pause;
  c.answer = e.answer;
  c.why = std::move(why);
  out.changes.push_back(std::move(c));
}

void queue::state::delivered(entries::node_type done, attempt const& result, base::instant now, queue_commands& out) {
  entry& e = done.mapped();
  ++counts.delivered;
  counts.failing = false;
  ++e.tries;
  e.in_tries += now.mono - e.started;
  e.answer = result.answer;
  note(e, done.key(), fate::delivered, {}, now, out);
  if (reading) ended.insert(done.key());
  out.logs.push_back(says.delivered(*e.event, result.answer, e.tries));
  if (std::exchange(failing_since_told, std::nullopt) && e.tries == 1 && !counts.paused) {
    out.logs.push_back(says.works_again());
  }
  by_job.leave(*e.lane);
  if (counts.paused) release("works again", now, out);
}

void queue::state::failed(entries::node_type tried, attempt const& result, base::instant now, queue_commands& out) {
  entry& e = tried.mapped();
  if (result.verdict == verdict::stopped) {
    leave_for_later(e, out);
    by_job.leave(*e.lane);
    if (!stopped && !draining) read_anew();  // its sink was replaced: it is due as before
    return;
  }
  bool const repeated =
      failing_since_told && counts.last_error == result.answer && now.mono - *failing_since_told < remind_every;
  ++e.tries;
  e.in_tries += now.mono - e.started;
  note_error(e, result.answer);
  if (counts.disabled) return kill(std::move(tried), "as the sink is disabled", now, out);
  bool const concerns_sink = how.pauses && result.verdict == verdict::retry_paused;
  bool const begins = concerns_sink && !counts.paused;
  auto const wait = wait_before_next(how.retry, e.tries, result.retry_after, random());
  if (concerns_sink) {
    pause(result, now);
    out.memory = memory_of_sink(now);
  }
  e.hit_by_pause = concerns_sink;
  if (!wait) {
    return kill(std::move(tried), fmt::format("after {} {}", e.tries, e.tries == 1 ? "try" : "tries"), now, out);
  }
  if (e.overdue && now.mono > expiry(e)) {
    return kill(std::move(tried), fmt::format("after it had waited for {}", model::for_people(patience)), now, out);
  }
  auto const event = e.event;
  delivery_number const n = tried.key();
  if (!rest(std::move(tried), *wait, now, out)) return;
  bool const alone = !counts.paused || waiting.empty() || waiting.begin()->first == n;
  out.logs.push_back(says.failed(*event, result.answer, alone ? wait : std::nullopt, begins));
  if (repeated) {
    out.logs.back().level = base::log_level::debug;
  } else {
    failing_since_told = now.mono;
  }
}

void queue::state::note_error(entry& e, std::string const& answer) {
  ++counts.failed;
  counts.failing = true;
  e.answer = counts.last_error = answer;
}

// What a page shows from now on is in another order, unless nothing is outside of memory.
void queue::state::pause(attempt const& result, base::instant now) {
  bool const begins = !counts.paused;
  counts.paused = true;
  auto const asked = wait_before_next({base::duration::zero()}, 1, result.retry_after, 0);
  quiet_until = std::max(quiet_until, now.mono + *asked);
  if (begins && !complete) read_anew();
}

/// False: nothing more is said of it.
bool queue::state::rest(entries::node_type tried, base::duration wait, base::instant now, queue_commands& out) {
  delivery_number const n = tried.key();
  entry& e = tried.mapped();
  e.due = now.mono + wait;
  e.place = {wall_of(e.due, now), n};
  note(e, n, fate::retry, {}, now, out);
  by_job.leave(*e.lane);
  if (draining || stopped) {
    leave_for_later(e, out);
    return false;
  }
  if (e.suspect) {  // the outbox knows whether it still waits
    read_anew();
    return true;
  }
  insert(n, std::move(e), now.mono);
  shrink();
  if (counts.paused && !waiting.empty() && waiting.begin()->first == n) {
    probe = n;
    probe_since = now.mono;
  }
  return true;
}

void queue::state::release(std::string_view because, base::instant now, queue_commands& out) {
  counts.paused = false;
  released_at = now.mono;
  quiet_until = {};
  probe = 0;
  out.released = true;
  out.memory = memory_of_sink(now);
  if (!complete) {
    out.logs.push_back(says.released(because, std::nullopt));
    return read_anew();
  }
  while (!hit_by_pause.empty()) {
    delivery_number const n = *hit_by_pause.begin();
    entry& e = waiting.at(n);
    make_ready(n, e);
    places.erase(e.place);
    e.place.due = e.added_wall;
    places.insert(e.place);
  }
  if (waiting.size() > resting.size()) out.logs.push_back(says.released(because, waiting.size() - resting.size()));
}

void queue::state::disable(entries::node_type tried, attempt const& result, base::instant now, queue_commands& out) {
  entry& e = tried.mapped();
  ++e.tries;
  e.in_tries += now.mono - e.started;
  note_error(e, result.answer);
  if (!counts.disabled) out.logs.push_back(says.disabled(result.answer));
  counts.disabled = true;
  counts.paused = false;
  out.memory = memory_of_sink(now);
  kill(std::move(tried), "as the sink is disabled", now, out);
  forget_waiting();
  complete = true;
  out.bury = true;
}

// ---- leaving ----

void queue::state::kill(entries::node_type done, std::string why, base::instant now, queue_commands& out) {
  entry const& e = done.mapped();
  ++counts.dead;
  if (reading) ended.insert(done.key());
  out.logs.push_back(says.dead(*e.event, e.answer, why));
  note(e, done.key(), fate::dead, std::move(why), now, out);
  by_job.leave(*e.lane);
}

void queue::state::leave_for_later(entry const& e, queue_commands& out) {
  if (!stopped && !draining) return;
  ++counts.unsent;
  // After stop() has told how many more there were, at most what was in flight still comes: each has its line.
  if (stopped || unsent_named < named_lines) {
    ++unsent_named;
    out.logs.push_back(says.unsent(*e.event, e.answer));
  } else {
    ++unsent_unnamed;
  }
}

void queue::state::leave_all_for_later(queue_commands& out, bool resting_only) {
  for (auto at = waiting.begin(); at != waiting.end();) {
    auto const here = at++;
    if (resting_only && !here->second.resting) continue;
    auto const left = take(here->first);
    leave_for_later(left.mapped(), out);
    by_job.leave(*left.mapped().lane);
  }
}

}  // namespace buildwatch::notify

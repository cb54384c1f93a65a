#include "notify/queue_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace buildwatch::notify {
namespace {

constexpr std::uint64_t named_lines = 20;

}  // namespace

bool worth_a_line(std::uint64_t count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  return count == 1;
}

queue::state::state(delivery_options options, std::function<double()> jitter)
    : how(std::move(options)),
      random(std::move(jitter)),
      says(how.name),
      patience(std::accumulate(how.retry.begin(), how.retry.end(), base::duration::zero())) {
  how.concurrency = std::max(how.concurrency, 1U);
  how.pauses = how.pauses && !how.retry.empty();
}

// ---- starting ----

void queue::state::start_due(base::time_point now, queue_commands& out) {
  if (stopped) return;
  while (!resting.empty() && resting.begin()->first <= now) {
    delivery_number const n = resting.begin()->second;
    make_ready(n, waiting.at(n));
  }
  if (counts.paused) {
    expire(now, out);
    try_oldest(now, out);
    expire(now, out);  // those behind it
    return;
  }
  while (in_flight.size() < how.concurrency) {
    auto const n = by_job.next();
    if (!n) return;
    start(*n, now, out);
  }
}

void queue::state::start(delivery_number n, base::time_point now, queue_commands& out) {
  auto node = take(n);
  entry& e = node.mapped();
  e.started = now;
  e.overdue = e.overdue || e.due < (counts.paused ? probe_since : released_at);
  by_job.set_busy(*e.lane, true);
  out.starts.push_back({n, e.event->id, e.event});
  in_flight.insert(std::move(node));
}

// Alone: what was in flight when the pause began is waited for.
void queue::state::try_oldest(base::time_point now, queue_commands& out) {
  if (!in_flight.empty() || waiting.empty()) return;
  auto const& [n, e] = *waiting.begin();
  if (probe != n) {
    probe = n;
    probe_since = now;
  }
  if (!e.resting && quiet_until <= now) start(n, now, out);
}

// All of one queue have the same patience and wait in order of age, so the one at the front tells (where tries took
// their time, a younger one may have to wait for it).
void queue::state::expire(base::time_point now, queue_commands& out) {
  auto at = waiting.begin();
  if (at != waiting.end() && at->first == probe) ++at;
  while (at != waiting.end() && now > expiry(at->second)) {
    delivery_number const n = (at++)->first;
    kill(take(n), fmt::format("after it had waited for {}", model::for_people(patience)), out);
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

void queue::state::delivered(entries::node_type done, attempt const& result, base::time_point now,
                             queue_commands& out) {
  entry const& e = done.mapped();
  ++counts.delivered;
  out.logs.push_back(says.delivered(*e.event, result.answer, e.tries + 1));
  by_job.leave(*e.lane);
  if (counts.paused) release(now, out);
}

void queue::state::failed(entries::node_type tried, attempt const& result, base::time_point now, queue_commands& out) {
  entry& e = tried.mapped();
  bool const repeated = e.tries > 0 && e.answer == result.answer;
  ++e.tries;
  e.in_tries += now - e.started;
  e.answer = counts.last_error = result.answer;
  if (draining || stopped) return give_up(std::move(tried), out);
  if (counts.disabled) return kill(std::move(tried), "as the sink is disabled", out);
  bool const concerns_sink = how.pauses && result.verdict == verdict::retry_paused;
  bool const begins = concerns_sink && !counts.paused;
  auto const wait = wait_before_next(how.retry, e.tries, result.retry_after, random());
  if (concerns_sink) {
    counts.paused = true;
    auto const asked = wait_before_next({base::duration::zero()}, 1, result.retry_after, 0);
    quiet_until = std::max(quiet_until, now + *asked);
  }
  if (!wait) return kill(std::move(tried), fmt::format("after {} {}", e.tries, e.tries == 1 ? "try" : "tries"), out);
  if (e.overdue && now > expiry(e)) {
    return kill(std::move(tried), fmt::format("after it had waited for {}", model::for_people(patience)), out);
  }
  auto const event = e.event;
  delivery_number const n = tried.key();
  rest(std::move(tried), *wait, concerns_sink, now);
  bool const alone = !counts.paused || waiting.begin()->first == n;
  if (!repeated) out.logs.push_back(says.failed(*event, result.answer, alone ? wait : std::nullopt, begins));
}

void queue::state::rest(entries::node_type tried, base::duration wait, bool concerns_sink, base::time_point now) {
  delivery_number const n = tried.key();
  entry& e = tried.mapped();
  e.due = now + wait;
  e.resting = true;
  resting.emplace(e.due, n);
  if (concerns_sink) hit_by_pause.insert(n);
  waiting.insert(std::move(tried));
  if (counts.paused && waiting.begin()->first == n) {
    probe = n;
    probe_since = now;
  }
}

void queue::state::release(base::time_point now, queue_commands& out) {
  counts.paused = false;
  released_at = now;
  quiet_until = {};
  probe = 0;
  while (!hit_by_pause.empty()) {
    delivery_number const n = *hit_by_pause.begin();
    make_ready(n, waiting.at(n));
  }
  if (waiting.size() > resting.size()) out.logs.push_back(says.released(waiting.size() - resting.size()));
}

void queue::state::disable(entries::node_type tried, attempt const& result, queue_commands& out) {
  counts.last_error = result.answer;
  if (!counts.disabled) out.logs.push_back(says.disabled(result.answer, waiting.size() + 1));
  counts.disabled = true;
  counts.paused = false;
  tried.mapped().answer = result.answer;
  kill(std::move(tried), "as the sink is disabled", out);
  for (std::uint64_t named = 1; !waiting.empty(); ++named) {
    queue_commands unnamed;
    kill(take(waiting.begin()->first), "as the sink is disabled", named < named_lines ? out : unnamed);
  }
}

// ---- leaving ----

void queue::state::kill(entries::node_type done, std::string_view why, queue_commands& out) {
  entry const& e = done.mapped();
  ++counts.dead;
  out.logs.push_back(says.dead(*e.event, e.answer, why));
  by_job.leave(*e.lane);
}

void queue::state::give_up(entries::node_type unsent, queue_commands& out) {
  entry const& e = unsent.mapped();
  ++counts.unsent;
  // After stop() has told how many more there were, at most what was in flight still comes: each has its line.
  if (stopped || unsent_named < named_lines) {
    ++unsent_named;
    out.logs.push_back(says.unsent(*e.event, e.answer));
  } else {
    ++unsent_unnamed;
  }
  by_job.leave(*e.lane);
}

void queue::state::give_up_all(queue_commands& out, bool resting_only) {
  for (auto at = waiting.begin(); at != waiting.end();) {
    auto const here = at++;
    if (!resting_only || here->second.resting) give_up(take(here->first), out);
  }
}

void queue::state::make_room(base::time_point now, queue_commands& out) {
  if (waiting.empty() || waiting.size() + in_flight.size() < queue_bound) return;
  auto const oldest = take(waiting.begin()->first);
  entry const& e = oldest.mapped();
  // The next one takes its place in a pause, but not its first try at once: the sink is no better for it.
  if (counts.paused && e.due > now) quiet_until = std::max(quiet_until, e.due);
  ++counts.dead;
  if (worth_a_line(++overflowed)) out.logs.push_back(says.overflow(*e.event, overflowed));
  by_job.leave(*e.lane);
}

queue::state::entries::node_type queue::state::take(delivery_number n) {
  auto node = waiting.extract(n);
  entry& e = node.mapped();
  if (e.resting) {
    resting.erase({e.due, n});
    hit_by_pause.erase(n);
    e.resting = false;
  } else {
    by_job.remove_ready(*e.lane, n);
  }
  return node;
}

void queue::state::make_ready(delivery_number n, entry& e) {
  resting.erase({e.due, n});
  hit_by_pause.erase(n);
  e.resting = false;
  by_job.add_ready(*e.lane, n);
}

}  // namespace buildwatch::notify

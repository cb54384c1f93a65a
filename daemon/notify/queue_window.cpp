// What of the outbox is in memory: a window of those deliveries that come first.
#include <algorithm>
#include <utility>

#include "notify/queue_state.hpp"

namespace buildwatch::notify {
namespace {

// No schedule and no Retry-After makes anybody wait longer: what is further away was moved there by the wall clock.
base::duration longest_wait(retry_schedule const& schedule) {
  base::duration longest = std::chrono::hours(24);
  for (base::duration const d : schedule) longest = std::max(longest, d + d / 5);
  return longest;
}

}  // namespace

// ---- in ----

void queue::state::put(owed const& what, base::instant now) {
  entry e;
  e.place = {what.due, what.number};
  e.added_wall = what.added;
  e.added = now.mono - std::max(base::duration(now.wall - what.added), base::duration::zero());
  e.due = now.mono + std::min<base::duration>(what.due - now.wall, longest_wait(how.retry));
  e.overdue = how.pauses && e.due < now.mono;
  e.in_tries = what.in_tries;
  e.tries = what.tries;
  e.hit_by_pause = what.hit_by_pause;
  e.answer = what.answer;
  e.webhook_id = what.webhook_id;
  e.event = what.event;
  insert(what.number, std::move(e), now.mono);
}

/// Beyond the window it is left to the outbox, from where a later page brings it back.
void queue::state::insert(delivery_number n, entry e, base::time_point now) {
  if (!within(e)) return;
  e.lane = &by_job.board(*e.event);
  e.resting = e.due > now;
  places.insert(e.place);
  if (e.resting) {
    resting.emplace(e.due, n);
    if (e.hit_by_pause) hit_by_pause.insert(n);
  } else {
    e.hit_by_pause = false;
    by_job.add_ready(*e.lane, n);
  }
  waiting.emplace(n, std::move(e));
}

bool queue::state::within(entry const& e) const {
  if (complete || reading) return true;  // while a page is under way nobody knows where it ends
  if (!frontier) return false;
  return counts.paused ? e.place.number <= frontier->number : e.place <= *frontier;
}

void queue::state::take_in(page const& what, base::instant now) {
  reading = false;
  auto const came = std::exchange(arrived, {});
  auto const over = std::exchange(ended, {});
  if (std::exchange(stale, false) || counts.disabled || draining || stopped) return;
  complete = what.last;
  if (!what.rows.empty()) frontier = place{what.rows.back().due, what.rows.back().number};
  if (!frontier) frontier = place{};
  auto const put_new = [&](owed const& row) {
    if (!waiting.contains(row.number) && !in_flight.contains(row.number) && !over.contains(row.number)) put(row, now);
  };
  std::ranges::for_each(what.rows, put_new);
  std::ranges::for_each(came, put_new);
  shrink();
}

/// Keeps to the window: what comes last is left to the outbox.
void queue::state::shrink() {
  if (reading || waiting.empty() || waiting.size() + in_flight.size() <= window) return;
  std::size_t const keep = window - std::min(window / 2, in_flight.size()) - window / 4;
  while (waiting.size() > keep) {
    delivery_number const last = counts.paused ? waiting.rbegin()->first : places.rbegin()->number;
    auto const left = take(last);
    by_job.leave(*left.mapped().lane);
  }
  place const last = counts.paused ? waiting.rbegin()->second.place : *places.rbegin();
  bool const inside = complete || !frontier || (counts.paused ? last.number < frontier->number : last < *frontier);
  complete = false;
  if (inside) frontier = last;  // what failed while a page was read may stand far behind it
}

// ---- out ----

queue::state::entries::node_type queue::state::take(delivery_number n) {
  auto node = waiting.extract(n);
  entry& e = node.mapped();
  places.erase(e.place);
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
  e.hit_by_pause = false;
  e.resting = false;
  by_job.add_ready(*e.lane, n);
}

void queue::state::forget_waiting() {
  while (!waiting.empty()) {
    auto const left = take(waiting.begin()->first);
    by_job.leave(*left.mapped().lane);
  }
}

// ---- reading ----

void queue::state::read_anew() {
  forget_waiting();
  complete = false;
  frontier.reset();
  probe = 0;
  if (reading) stale = true;
}

void queue::state::read_on(queue_commands& out) {
  if (complete || reading || draining || stopped || counts.disabled) return;
  std::size_t const held = waiting.size() + in_flight.size();
  if (frontier && held > window / 2) return;
  reading = true;
  page_request next;
  next.order = counts.paused ? reading::by_number : reading::by_due;
  next.after = frontier;
  next.limit = window - std::min(held, window / 2);
  out.read = next;
}

}  // namespace buildwatch::notify

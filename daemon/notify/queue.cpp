#include "buildwatch/notify/queue.hpp"

#include "notify/queue_state.hpp"

namespace buildwatch::notify {

queue::queue(delivery_options how, sink_memory const& known, base::instant now, std::function<double()> random,
             std::size_t window)
    : state_(std::make_unique<state>(std::move(how), std::move(random), window)) {
  state_->remember_sink(known, now);
}
queue::~queue() = default;
queue::queue(queue&&) noexcept = default;

void queue::add(owed what, base::instant now, queue_commands& out) {
  state& s = *state_;
  if (s.counts.disabled) {
    ++s.counts.dead;
    if (worth_a_line(++s.refused)) out.logs.push_back(s.says.refused(*what.event, s.refused));
    change c;
    c.number = what.number;
    c.fate = fate::dead;
    c.at = now.wall;
    c.why = "as the sink is disabled";
    out.changes.push_back(std::move(c));
    return;
  }
  if (s.stopped || (s.draining && (s.counts.paused || !s.complete))) {
    entry e;
    e.event = std::move(what.event);
    return s.leave_for_later(e, out);
  }
  if (s.reading) {
    s.arrived.push_back(std::move(what));
    return;
  }
  s.put(what, now);
  s.shrink();
  s.start_due(now, out);
}

void queue::finished(delivery_number number, attempt const& result, base::instant now, queue_commands& out) {
  state& s = *state_;
  auto node = s.in_flight.extract(number);
  if (node.empty()) return;
  s.by_job.set_busy(*node.mapped().lane, false);
  switch (result.verdict) {
    case verdict::delivered: s.delivered(std::move(node), result, now, out); break;
    case verdict::gone: s.disable(std::move(node), result, now, out); break;
    case verdict::retry:
    case verdict::retry_paused:
    case verdict::stopped: s.failed(std::move(node), result, now, out); break;
  }
  s.start_due(now, out);
}

void queue::loaded(page const& what, base::instant now, queue_commands& out) {
  state_->take_in(what, now);
  state_->start_due(now, out);
}

void queue::reload(sink_memory const& known, base::instant now, queue_commands& out) {
  state& s = *state_;
  if (s.counts.disabled) {
    out.bury = true;  // what somebody had tried again, too
    return;
  }
  s.remember_sink(known, now);
  for (auto& [n, e] : s.in_flight) e.suspect = true;
  s.read_anew();
  s.start_due(now, out);
}

void queue::tick(base::instant now, queue_commands& out) { state_->start_due(now, out); }

void queue::reconfigure(delivery_options how, bool changed, base::instant now, queue_commands& out) {
  state& s = *state_;
  s.set_options(std::move(how));
  if (s.counts.paused && (changed || !s.how.pauses)) s.release("has other settings", now, out);
  if (s.counts.disabled) {
    s.counts.disabled = false;
    s.refused = 0;
    s.read_anew();
  }
  s.start_due(now, out);
}

void queue::drain(queue_commands& out) {
  state& s = *state_;
  s.draining = true;
  s.leave_all_for_later(out, !s.counts.paused);
}

void queue::stop(queue_commands& out) {
  state& s = *state_;
  if (s.stopped) return;
  s.draining = true;
  s.leave_all_for_later(out, false);
  s.stopped = true;
  if (s.unsent_unnamed > 0 || !s.complete) out.logs.push_back(s.says.more_unsent(s.unsent_unnamed, !s.complete));
}

std::optional<base::time_point> queue::next_due() const {
  state const& s = *state_;
  if (s.stopped || s.counts.disabled) return std::nullopt;
  if (s.counts.paused) return s.next_due_paused();
  // With every slot taken, a finished try is what lets the next one start.
  if (s.resting.empty() || s.in_flight.size() >= s.how.concurrency) return std::nullopt;
  return s.resting.begin()->first;
}

queue_counts queue::counts() const {
  queue_counts c = state_->counts;
  c.pending = state_->waiting.size();
  c.more = !state_->complete;
  c.in_flight = state_->in_flight.size();
  if (c.paused) c.paused_until = next_due();
  return c;
}

std::vector<delivery_number> queue::in_flight() const {
  std::vector<delivery_number> numbers;
  for (auto const& [n, e] : state_->in_flight) numbers.push_back(n);
  return numbers;
}

delivery_options const& queue::how() const { return state_->how; }

}  // namespace buildwatch::notify

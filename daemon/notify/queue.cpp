#include "buildwatch/notify/queue.hpp"

#include "notify/queue_state.hpp"

namespace buildwatch::notify {

queue::queue(delivery_options how, std::function<double()> random)
    : state_(std::make_unique<state>(std::move(how), std::move(random))) {}
queue::~queue() = default;
queue::queue(queue&&) noexcept = default;

void queue::add(std::shared_ptr<model::event const> event, base::time_point now, queue_commands& out) {
  state& s = *state_;
  if (s.counts.disabled) {
    ++s.counts.dead;
    if (worth_a_line(++s.refused)) out.logs.push_back(s.says.refused(*event, s.refused));
    return;
  }
  s.make_room(now, out);
  delivery_number const n = ++s.last_number;
  state::entry e;
  e.lane = &s.by_job.board(*event);
  e.event = std::move(event);
  e.added = e.due = now;
  s.by_job.add_ready(*e.lane, n);
  s.waiting.emplace(n, std::move(e));
  bool const too_late = s.stopped || (s.draining && s.counts.paused);
  if (too_late) return s.give_up_all(out, false);
  s.start_due(now, out);
}

void queue::finished(delivery_number number, attempt const& result, base::time_point now, queue_commands& out) {
  state& s = *state_;
  auto node = s.in_flight.extract(number);
  if (node.empty()) return;
  s.by_job.set_busy(*node.mapped().lane, false);
  switch (result.verdict) {
    case verdict::delivered: s.delivered(std::move(node), result, now, out); break;
    case verdict::gone: s.disable(std::move(node), result, out); break;
    case verdict::retry:
    case verdict::retry_paused:
    case verdict::stopped: s.failed(std::move(node), result, now, out); break;
  }
  s.start_due(now, out);
}

void queue::tick(base::time_point now, queue_commands& out) { state_->start_due(now, out); }

void queue::drain(queue_commands& out) {
  state& s = *state_;
  s.draining = true;
  s.give_up_all(out, !s.counts.paused);
}

void queue::stop(queue_commands& out) {
  state& s = *state_;
  if (s.stopped) return;
  s.draining = true;
  s.give_up_all(out, false);
  s.stopped = true;
  if (s.unsent_unnamed > 0) out.logs.push_back(s.says.more_unsent(s.unsent_unnamed));
}

std::optional<base::time_point> queue::next_due() const {
  state const& s = *state_;
  if (s.stopped) return std::nullopt;
  if (s.counts.paused) return s.next_due_paused();
  // With every slot taken, a finished try is what lets the next one start.
  if (s.resting.empty() || s.in_flight.size() >= s.how.concurrency) return std::nullopt;
  return s.resting.begin()->first;
}

queue_counts queue::counts() const {
  queue_counts c = state_->counts;
  c.pending = state_->waiting.size();
  c.in_flight = state_->in_flight.size();
  return c;
}

}  // namespace buildwatch::notify

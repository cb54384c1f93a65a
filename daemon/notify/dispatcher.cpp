#include "buildwatch/notify/dispatcher.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "notify/dispatcher_state.hpp"

namespace buildwatch::notify {

dispatcher::state::lane::lane(state& all, destination d)
    : owner(all),
      sink(std::move(d.sink)),
      deliveries(d.how, {}, all.parts.clock.now(), all.parts.random, all.parts.window),
      says(d.how.name, d.how.fallback) {}

dispatcher::state::lane::~lane() {
  for (base::alarm* const a : std::initializer_list<base::alarm*>{&queue_bell, &disk_bell, &overdue_bell}) {
    owner.parts.alarms.clear(*a);
  }
}

void dispatcher::state::lane::tick() {
  queue_commands todo;
  deliveries.tick(owner.parts.clock.now(), todo);
  owner.carry_out(*this, todo);
}

dispatcher::state::lane* dispatcher::state::find(std::string_view name) const {
  auto const at = std::ranges::find_if(lanes, [&](auto const& l) { return l->name() == name; });
  return at == lanes.end() ? nullptr : at->get();
}

void dispatcher::state::add(std::vector<created> made) {
  for (created& c : made) {
    lane* const l = find(c.sink);
    if (l == nullptr) {  // its sink was removed while it was being stored
      bury_sink(std::move(c.sink));
      continue;
    }
    queue_commands todo;
    l->deliveries.add(std::move(c.delivery), parts.clock.now(), todo);
    carry_out(*l, todo);
  }
}

// A sink with nothing left is stopped at once, so that what it keeps open does not hold the loop.
void dispatcher::state::settle(lane& l) {
  if (!stopping && !l.retired) return;
  queue_counts const c = l.deliveries.counts();
  if (l.drained || l.serving || c.in_flight > 0) return;
  bool const to_start = c.pending > 0 && !l.retired;
  bool const to_record = !l.unsaved.empty() || (l.retired && l.burying && !stopping);
  if ((to_start || to_record) && !over) return;
  l.drained = true;
  queue_commands last;  // how many more were left than had a line of their own
  l.deliveries.stop(last);
  if (!l.retired) say(last.logs);
  if (l.sink) l.sink->stop();
  if (!stopping) {
    boost::asio::post(parts.executor, [all = self.lock()] {
      if (!all->closed) all->forget_retired();
    });
    return;
  }
  auto const is_drained = [](auto const& other) { return other->drained; };
  if (!std::ranges::all_of(lanes, is_drained) || !std::ranges::all_of(retired, is_drained)) return;
  parts.alarms.clear(grace_bell);
  if (done) boost::asio::post(parts.executor, std::exchange(done, nullptr));
}

void dispatcher::state::forget_retired() {
  std::erase_if(retired, [](auto const& old) { return old->drained; });
  for (auto const& l : lanes) serve(*l);  // one of the same name may have waited for it
}

bool dispatcher::state::is_retiring(std::string_view name) const {
  return std::ranges::any_of(retired, [&](auto const& old) { return old->name() == name; });
}

void dispatcher::state::end_grace() {
  over = true;
  for (auto const* const all : {&lanes, &retired}) {
    for (auto const& l : *all) {
      if (l->drained) continue;
      l->blocked = false;
      queue_commands todo;
      l->deliveries.stop(todo);
      if (l->sink) l->sink->stop();
      carry_out(*l, todo);
    }
  }
}

dispatcher::dispatcher(dispatcher_parts parts, std::vector<destination> sinks)
    : state_(std::make_shared<state>(std::move(parts))) {
  state_->self = state_;
  for (destination& d : sinks) state_->lanes.push_back(std::make_unique<state::lane>(*state_, std::move(d)));
}

dispatcher::~dispatcher() {
  state& s = *state_;
  s.closed = true;
  s.parts.alarms.clear(s.elsewhere_bell);
  s.parts.alarms.clear(s.grace_bell);
  for (auto const* const all : {&s.lanes, &s.retired}) {
    for (auto const& l : *all) {
      s.parts.alarms.clear(l->queue_bell);
      s.parts.alarms.clear(l->disk_bell);
      s.parts.alarms.clear(l->overdue_bell);
    }
  }
}

void dispatcher::start() {
  state& s = *state_;
  s.begun = true;
  s.spawn_begin();
  for (auto const& l : s.lanes) {
    l->restore = true;
    l->fall_back = !l->deliveries.how().fallback.empty();
    s.serve(*l);
  }
  s.look_elsewhere();
}

void dispatcher::add(std::vector<created> made) { state_->add(std::move(made)); }

void dispatcher::reconfigure(std::vector<destination> sinks) {
  state& s = *state_;
  auto old = std::exchange(s.lanes, {});
  for (destination& d : sinks) {
    auto const at = std::ranges::find_if(old, [&](auto const& l) { return l && l->name() == d.how.name; });
    bool const fresh = at == old.end();
    bool const changed = !fresh && (*at)->sink != d.sink;
    if (fresh) {
      s.lanes.push_back(std::make_unique<state::lane>(s, std::move(d)));
    } else {
      s.lanes.push_back(std::move(*at));
      s.lanes.back()->says = delivery_log(d.how.name, d.how.fallback);
      s.replace(*s.lanes.back(), std::move(d.sink));
    }
    state::lane& l = *s.lanes.back();
    queue_commands todo;
    if (fresh) {
      l.restore = s.begun;
      // It was removed and has come back: what is owed to it is no longer lost.
      for (auto const& before : s.retired) {
        if (before->name() == l.name()) before->forget_burial();
      }
    } else {
      l.forget_burial();
      l.deliveries.reconfigure(d.how, changed, s.parts.clock.now(), todo);
    }
    l.fell_back = 0;
    l.fall_back = s.begun && !l.deliveries.how().fallback.empty();
    s.parts.alarms.clear(l.overdue_bell);
    s.carry_out(l, todo);
  }
  for (auto& l : old) {
    if (l) s.retire(std::move(l));
  }
}

void dispatcher::stop(base::time_point grace_end, std::function<void()> done) {
  state& s = *state_;
  if (s.stopping) return;
  s.stopping = true;
  s.done = std::move(done);
  s.parts.alarms.clear(s.elsewhere_bell);
  s.parts.alarms.set(s.grace_bell, grace_end);
  if (s.lanes.empty() && s.retired.empty()) {
    s.parts.alarms.clear(s.grace_bell);
    if (s.done) boost::asio::post(s.parts.executor, std::exchange(s.done, nullptr));
  }
  for (auto const& l : s.lanes) {
    l->read.reset();
    l->restore = l->fall_back = false;
    queue_commands todo;
    l->deliveries.drain(todo);
    s.carry_out(*l, todo);
  }
  for (auto const& l : s.retired) s.settle(*l);
}

void dispatcher::give_up() { state_->end_grace(); }

queue_counts dispatcher::counts(sink_index sink) const { return state_->lanes.at(sink)->deliveries.counts(); }

}  // namespace buildwatch::notify

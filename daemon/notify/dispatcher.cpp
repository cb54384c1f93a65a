#include "buildwatch/notify/dispatcher.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace buildwatch::notify {
namespace {

// Everything by value but the sink: the frame outlives the call that spawned it.
boost::asio::awaitable<attempt> try_once(notify::sink& to, start what, base::instant now) {
  delivery const given{std::move(what.webhook_id), *what.event, now};
  attempt result = co_await to.deliver(given);
  co_return result;
}

}  // namespace

struct dispatcher::state {
  /// One sink, its queue, and the alarm for when the queue has something to do.
  struct lane final : base::alarm {
    lane(state& all, destination d)
        : owner(all), sink(*d.sink), name(d.how.name), deliveries(d.how, all.parts.random) {}
    void ring(base::time_point now) override { owner.tick(*this, now); }

    state& owner;
    notify::sink& sink;
    std::string name;
    queue deliveries;
    bool drained = false;
  };
  /// The end of the grace given by stop().
  struct grace_alarm final : base::alarm {
    explicit grace_alarm(state& all) : owner(all) {}
    void ring(base::time_point) override { owner.end_grace(); }
    state& owner;
  };

  explicit state(dispatcher_parts p) : parts(std::move(p)) {}

  void tick(lane& l, base::time_point now) {
    queue_commands todo;
    l.deliveries.tick(now, todo);
    carry_out(l, todo);
  }
  void carry_out(lane& l, queue_commands& todo);
  void say(queue_commands const& todo) const;
  void spawn(lane& l, start what);
  void ended(lane& l, delivery_number n, std::exception_ptr failure, attempt result);
  void end_grace();
  void settle(lane& l);

  dispatcher_parts parts;
  std::vector<std::unique_ptr<lane>> lanes;
  grace_alarm grace{*this};
  std::function<void()> done;
  bool stopping = false;
  bool closed = false;  // the dispatcher is gone: what still ends, ends silently
  std::weak_ptr<state> self;
};

void dispatcher::state::say(queue_commands const& todo) const {
  for (auto const& event : todo.logs) {
    if (parts.log.wants(event.level)) parts.log.write(event);
  }
}

void dispatcher::state::carry_out(lane& l, queue_commands& todo) {
  say(todo);
  for (start& s : todo.starts) spawn(l, std::move(s));
  if (auto const due = l.deliveries.next_due()) {
    parts.alarms.set(l, *due);
  } else {
    parts.alarms.clear(l);
  }
  if (stopping) settle(l);
}

void dispatcher::state::spawn(lane& l, start what) {
  delivery_number const n = what.number;
  auto on_end = [all = self.lock(), &l, n](std::exception_ptr failure, attempt result) {
    if (!all->closed) all->ended(l, n, failure, std::move(result));
  };
  boost::asio::co_spawn(parts.executor, try_once(l.sink, std::move(what), parts.clock.now()), std::move(on_end));
}

void dispatcher::state::ended(lane& l, delivery_number n, std::exception_ptr failure, attempt result) {
  if (failure) {
    // A sink that throws is a bug of ours; the event is owed all the same.
    result = {verdict::retry, std::nullopt, "internal error"};
    try {
      std::rethrow_exception(failure);
    } catch (std::exception const& e) {
      parts.log.write({base::log_level::error,
                       "internal.error",
                       fmt::format("task deliver to {}: {}", l.name, e.what()),
                       {{"sink", l.name}}});
    } catch (...) {
      parts.log.write({base::log_level::error,
                       "internal.error",
                       fmt::format("task deliver to {}: unknown exception", l.name),
                       {{"sink", l.name}}});
    }
  }
  queue_commands todo;
  l.deliveries.finished(n, result, parts.clock.now().mono, todo);
  carry_out(l, todo);
}

// A sink with nothing left is stopped at once, so that what it keeps open does not hold the loop.
void dispatcher::state::settle(lane& l) {
  queue_counts const c = l.deliveries.counts();
  if (l.drained || c.pending + c.in_flight > 0) return;
  l.drained = true;
  queue_commands last;  // how many more were given up than had a line of their own
  l.deliveries.stop(last);
  say(last);
  l.sink.stop();
  for (auto const& other : lanes) {
    if (!other->drained) return;
  }
  parts.alarms.clear(grace);
  if (done) boost::asio::post(parts.executor, std::exchange(done, nullptr));
}

void dispatcher::state::end_grace() {
  for (auto const& l : lanes) {
    if (l->drained) continue;
    queue_commands todo;
    l->deliveries.stop(todo);
    l->sink.stop();
    carry_out(*l, todo);
  }
}

dispatcher::dispatcher(dispatcher_parts parts, std::vector<destination> sinks)
    : state_(std::make_shared<state>(std::move(parts))) {
  state_->self = state_;
  for (destination& d : sinks) state_->lanes.push_back(std::make_unique<state::lane>(*state_, std::move(d)));
}

dispatcher::~dispatcher() {
  state_->closed = true;
  for (auto const& l : state_->lanes) state_->parts.alarms.clear(*l);
  state_->parts.alarms.clear(state_->grace);
}

void dispatcher::send(std::shared_ptr<model::event const> event, std::span<sink_index const> sinks) {
  base::time_point const now = state_->parts.clock.now().mono;
  for (sink_index const i : sinks) {
    state::lane& l = *state_->lanes.at(i);
    queue_commands todo;
    l.deliveries.add(event, now, todo);
    state_->carry_out(l, todo);
  }
}

void dispatcher::stop(base::time_point grace_end, std::function<void()> done) {
  state& s = *state_;
  if (s.stopping) return;
  s.stopping = true;
  s.done = std::move(done);
  s.parts.alarms.set(s.grace, grace_end);
  if (s.lanes.empty()) {
    s.parts.alarms.clear(s.grace);
    if (s.done) boost::asio::post(s.parts.executor, std::exchange(s.done, nullptr));
  }
  for (auto const& l : s.lanes) {
    queue_commands todo;
    l->deliveries.drain(todo);
    s.carry_out(*l, todo);
  }
}

void dispatcher::give_up() { state_->end_grace(); }

queue_counts dispatcher::counts(sink_index sink) const { return state_->lanes.at(sink)->deliveries.counts(); }

}  // namespace buildwatch::notify

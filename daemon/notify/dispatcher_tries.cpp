// Tries: a coroutine each, and what the queue makes of their ends.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "buildwatch/base/exception_text.hpp"
#include "notify/dispatcher_state.hpp"

namespace buildwatch::notify {
namespace {

// Everything by value: the frame outlives the call that spawned it, and its sink what replaced it.
boost::asio::awaitable<attempt> try_once(std::shared_ptr<notify::sink> to, start what, base::instant now) {
  delivery const given{std::move(what.webhook_id), *what.event, now};
  attempt result = co_await to->deliver(given);
  co_return result;
}

}  // namespace

void dispatcher::state::say(std::vector<base::log_event> const& logs) const {
  for (auto const& event : logs) {
    if (parts.log.wants(event.level)) parts.log.write(event);
  }
}

void dispatcher::state::carry_out(lane& l, queue_commands& todo) {
  if (!l.retired) say(todo.logs);
  keep(l, todo);
  for (notify::start& s : todo.starts) spawn(l, std::move(s));
  if (auto const due = l.deliveries.next_due()) {
    parts.alarms.set(l.queue_bell, *due);
  } else {
    parts.alarms.clear(l.queue_bell);
  }
  serve(l);
  settle(l);
}

void dispatcher::state::spawn(lane& l, notify::start what) {
  delivery_number const n = what.number;
  auto on_end = [all = self.lock(), &l, n](std::exception_ptr const& failure, attempt result) {
    if (!all->closed) all->ended(l, n, failure, std::move(result));
  };
  boost::asio::co_spawn(parts.executor, try_once(l.sink, std::move(what), parts.clock.now()), std::move(on_end));
}

void dispatcher::state::report(std::string const& task, std::exception_ptr const& failure) const {
  std::string text = fmt::format("task {}: {}", task, base::text_of(failure));
  parts.log.write({base::log_level::error, "internal.error", std::move(text), {}});
}

void dispatcher::state::ended(lane& l, delivery_number n, std::exception_ptr const& failure, attempt result) {
  if (failure) {
    // A sink that throws is a bug of ours; the event is owed all the same.
    result = attempt{verdict::retry, std::nullopt, "internal error"};
    report("deliver to " + l.name(), failure);
  }
  queue_commands todo;
  l.deliveries.finished(n, result, parts.clock.now(), todo);
  bool const lost = l.retired && result.verdict != verdict::delivered && find(l.name()) == nullptr;
  if (lost) bury_rest_of(l, std::string(removed_sink));
  if (!replaced.empty()) {  // the frame that holds the sink is destroyed after this
    boost::asio::post(parts.executor, [all = self.lock()] { all->let_go(); });
  }
  carry_out(l, todo);
}

void dispatcher::state::replace(lane& l, std::shared_ptr<notify::sink> by) {
  if (l.sink == by) return;
  replaced.push_back(std::exchange(l.sink, std::move(by)));
  let_go();
}

/// Those that no try holds any more are stopped; they are destroyed after the loop has turned.
void dispatcher::state::let_go() {
  std::erase_if(replaced, [this](std::shared_ptr<notify::sink>& old) {
    if (old.use_count() > 1) return false;
    old->stop();
    auto last = [kept = std::move(old)] {};
    boost::asio::post(parts.executor, [executor = parts.executor, last] { boost::asio::post(executor, last); });
    return true;
  });
}

}  // namespace buildwatch::notify

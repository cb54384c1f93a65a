#include "net/pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <optional>

namespace buildwatch::net {

namespace asio = boost::asio;

namespace {

constexpr base::duration idle_for = std::chrono::seconds(90);
// A GET that finds its kept connection closed is repeated anyway, so right after an answer it does not pay for a look
// first.
constexpr base::duration trusted_for = std::chrono::seconds(1);

}  // namespace

connection* pool::take_idle(bool repeatable, base::time_point now) {
  while (!idle_.empty()) {
    connection* const newest = idle_.back();
    idle_.pop_back();
    if (usable(*newest, repeatable, now)) return newest;
    destroy(*newest);
  }
  return nullptr;
}

bool pool::usable(connection& kept, bool repeatable, base::time_point now) {
  if (repeatable && now - kept.last_used < trusted_for && !kept.has_rest()) return true;
  return kept.wire().quiet();
}

asio::awaitable<pool::granted> pool::obtain(lease& into, base::time_point deadline) {
  if (all_.size() < most_) {
    all_.push_back(std::make_unique<connection>(shared_.executor, shared_.alarms));
    into.held = all_.back().get();
    co_return granted::yes;
  }
  waiter me(shared_.executor);
  waiters_.push_back(&me);
  shared_.alarms.set(me, deadline);
  co_await me.wake.async_wait(asio::as_tuple(asio::deferred));
  shared_.alarms.clear(me);
  into.held = me.granted;
  if (me.granted == nullptr) std::erase(waiters_, &me);
  if (closed_) co_return granted::closed;
  co_return me.granted != nullptr ? granted::yes : granted::timed_out;
}

void pool::make_room() {
  if (all_.size() < most_ || idle_.empty()) return;
  connection& oldest = *idle_.front();
  idle_.erase(idle_.begin());
  destroy(oldest);
}

/// Back from a request: to whoever waits, as it is or to be opened anew, else to the idle ones, else closed.
void pool::release(connection& used, bool keep) {
  used.disarm();
  if (closed_ || used.ended() == ending::stopped) return destroy(used);
  if (!keep) used.reset();
  if (!waiters_.empty()) {
    waiter& first = *waiters_.front();
    waiters_.pop_front();
    first.granted = &used;
    shared_.alarms.clear(first);
    first.wake.cancel();
  } else if (keep) {
    idle_.push_back(&used);
    if (!set()) shared_.alarms.set(*this, used.last_used + idle_for);
  } else {
    destroy(used);
  }
}

void pool::destroy(connection& ended) {
  std::erase_if(all_, [&](auto const& held) { return held.get() == &ended; });
}

/// Closes what has been idle for long, and looks again when the next one may be due.
void pool::ring(base::time_point now) {
  std::optional<base::time_point> next;
  std::vector<connection*> expired;
  for (connection* kept : idle_) {
    base::time_point const due = kept->last_used + idle_for;
    if (due <= now) {
      expired.push_back(kept);
    } else {
      next = next ? std::min(*next, due) : due;
    }
  }
  for (connection* old : expired) {
    std::erase(idle_, old);
    destroy(*old);
  }
  if (next) shared_.alarms.set(*this, *next);
}

void pool::close() {
  if (closed_) return;
  closed_ = true;
  shared_.alarms.clear(*this);
  for (connection* kept : idle_) destroy(*kept);
  idle_.clear();
  for (auto const& used : all_) used->stop();
  for (waiter* waiting : waiters_) waiting->wake.cancel();
}

unsigned pool::open() const {
  return static_cast<unsigned>(std::count_if(all_.begin(), all_.end(), [](auto const& c) { return c->standing(); }));
}

}  // namespace buildwatch::net

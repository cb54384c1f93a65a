#include "sinks/console.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace buildwatch::sinks {

std::shared_ptr<console> make_console() { return std::make_shared<console>(); }

boost::asio::awaitable<bool> console::take(void const* owner, boost::asio::any_io_executor executor) {
  if (!taken_) {
    taken_ = true;
    co_return true;
  }
  waiter me{owner, boost::asio::steady_timer(executor, boost::asio::steady_timer::time_point::max())};
  waiting_.push_back(&me);
  co_await me.woken.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return me.granted;
}

void console::give() {
  if (waiting_.empty()) {
    taken_ = false;
    return;
  }
  waiter* const next = waiting_.front();
  waiting_.pop_front();
  next->granted = true;  // the turn passes on; it stays taken
  next->woken.cancel();
}

void console::leave(void const* owner) {
  waiting_.remove_if([owner](waiter* w) {
    if (w->owner != owner) return false;
    w->woken.cancel();
    return true;
  });
}

}  // namespace buildwatch::sinks

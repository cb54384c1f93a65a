#include "service/sleep.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace buildwatch::service {
namespace {

// A timer that never expires serves as the thing to wait for; the alarm ends the wait.
class wake_up final : public base::alarm {
 public:
  explicit wake_up(boost::asio::steady_timer& timer) : timer_(timer) {}

 private:
  void ring(base::time_point) override { timer_.cancel(); }
  boost::asio::steady_timer& timer_;
};

}  // namespace

boost::asio::awaitable<void> sleep_until(base::alarms& alarms, base::time_point when) {
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, boost::asio::steady_timer::time_point::max());
  wake_up alarm(timer);
  alarms.set(alarm, when);
  boost::system::error_code ended;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
}

}  // namespace buildwatch::service

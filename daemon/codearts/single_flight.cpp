#include "codearts/single_flight.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace buildwatch::codearts {
namespace {

trouble other(std::string text) {
  trouble out;
  out.text = std::move(text);
  return out;
}

}  // namespace

/// One coroutine that waits. The timer never fires: cancelling it is what wakes the coroutine; the alarm is the
/// deadline.
class single_flight::waiter final : public base::alarm {
 public:
  waiter(net::context const& shared, base::time_point deadline)
      : signal_(shared.executor, boost::asio::steady_timer::time_point::max()) {
    shared.alarms.set(*this, deadline);
  }

  boost::asio::awaitable<std::optional<trouble>> wait() {
    auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await signal_.async_wait(token);
    co_return std::move(outcome_);
  }

  void wake(std::optional<trouble> outcome) {
    outcome_ = std::move(outcome);
    signal_.cancel();
  }

 private:
  void ring(base::time_point) override { wake(other("no credential in time")); }

  boost::asio::steady_timer signal_;
  std::optional<trouble> outcome_;
};

void single_flight::finish(std::optional<trouble> const& outcome) {
  running_ = false;
  last_ = outcome;
  for (waiter* const w : std::exchange(waiters_, {})) w->wake(outcome);
}

boost::asio::awaitable<std::optional<trouble>> single_flight::join(base::time_point deadline) {
  if (stopped_) co_return other("stopped");
  if (!running_) co_return last_;
  waiter self(shared_, deadline);
  waiters_.push_back(&self);
  auto outcome = co_await self.wait();
  std::erase(waiters_, &self);
  co_return outcome;
}

void single_flight::stop() {
  stopped_ = true;
  for (waiter* const w : std::exchange(waiters_, {})) w->wake(other("stopped"));
}

}  // namespace buildwatch::codearts

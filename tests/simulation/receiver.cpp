#include "simulation/receiver.hpp"

namespace buildwatch::simulation {

boost::asio::awaitable<notify::attempt> receiver::deliver(notify::delivery const& what) {
  notify::attempt result;
  result.verdict = notify::verdict::stopped;
  if (stopped_ || on_.dead) co_return result;
  std::string const webhook_id = what.webhook_id;
  knows_.deliveries.begins(name_, lane_, what);
  reaction const what_comes = world_.take(name_);
  auto const ticket = on_.waits.take_ticket();
  open_.insert(ticket);
  co_await on_.waits.wait(ticket, on_.clock.now().mono + what_comes.takes);
  open_.erase(ticket);
  if (what_comes.receives) knows_.deliveries.received(name_, webhook_id);
  if (!stopped_) result = what_comes.answer;
  knows_.deliveries.ended(name_, webhook_id, result);
  co_return result;
}

void receiver::stop() {
  stopped_ = true;
  for (auto const ticket : open_) on_.waits.wake(ticket);
}

}  // namespace buildwatch::simulation

#include "buildwatch/net/resolver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "buildwatch/base/thread.hpp"

namespace buildwatch::net {

namespace asio = boost::asio;

namespace {

constexpr unsigned most_threads = 16;

using answer = base::result<resolver::addresses>;

/// The one thing that threads and loop share. Whoever outlives the other finds it closed.
struct mailbox {
  std::mutex guard;
  bool open = true;            // guarded
  asio::any_io_executor loop;  // guarded: empty once closed, as the loop may be gone
};

/// A caller of resolve(), in its coroutine's frame.
struct waiter final : base::alarm {
  waiter(asio::any_io_executor const& executor, void const* who)
      : wake(executor, asio::steady_timer::time_point::max()), owner(who) {}
  void ring(base::time_point) override { end("timed out"); }
  void end(char const* why) {
    end_reason = why;
    wake.cancel();
  }
  asio::steady_timer wake;  // never runs down: cancelling it is the signal
  void const* owner;
  std::optional<answer> result;
  char const* end_reason = nullptr;
};

/// One name in flight, or waiting for a thread.
struct job {
  std::vector<waiter*> waiters;
  bool running = false;
};

answer call(resolver::lookup const& how, std::string const& host) {
  try {
    answer found = how(host);
    if (found && found->empty()) return base::error{"no address found"};
    return found;
  } catch (std::exception const& escaped) {
    return base::error{escaped.what()};
  }
}

}  // namespace

struct resolver::state {
  state(asio::any_io_executor loop, base::alarms& deadlines, lookup call)
      : executor(std::move(loop)), alarms(deadlines), how(std::move(call)) {
    mail->loop = executor;
  }

  asio::any_io_executor executor;
  base::alarms& alarms;
  lookup how;
  std::shared_ptr<mailbox> mail = std::make_shared<mailbox>();
  std::map<std::string, job> jobs;
  std::deque<std::string> queue;  // names that wait for a thread, each waited for by somebody
  unsigned threads = 0;
  bool closed = false;

  void join(std::string const& host, waiter& who);
  void leave(std::string const& host, waiter& who);
  static void start_next(std::shared_ptr<state> const& self);
  static void start(std::shared_ptr<state> const& self, std::string const& host);
  static void finish(std::shared_ptr<state> const& self, std::string const& host, answer found);
  void end_waits(void const* owner, bool everybody);
};

void resolver::state::join(std::string const& host, waiter& who) {
  auto const [place, fresh] = jobs.try_emplace(host);
  place->second.waiters.push_back(&who);
  if (fresh) queue.push_back(host);
}

void resolver::state::leave(std::string const& host, waiter& who) {
  auto const place = jobs.find(host);
  if (place == jobs.end()) return;
  std::erase(place->second.waiters, &who);
  if (place->second.waiters.empty() && !place->second.running) {
    jobs.erase(place);
    std::erase(queue, host);
  }
}

void resolver::state::start_next(std::shared_ptr<state> const& self) {
  while (self->threads < most_threads && !self->queue.empty()) {
    std::string const host = std::move(self->queue.front());
    self->queue.pop_front();
    start(self, host);
  }
}

void resolver::state::start(std::shared_ptr<state> const& self, std::string const& host) {
  self->jobs[host].running = true;
  ++self->threads;
  std::weak_ptr<state> const home = self;
  auto const run = [home, mail = self->mail, how = self->how, host] {
    answer found = call(how, host);
    std::lock_guard const lock(mail->guard);
    if (!mail->open) return;
    asio::post(mail->loop, [home, host, found = std::move(found)]() mutable {
      if (auto const at_home = home.lock()) finish(at_home, host, std::move(found));
    });
  };
  try {
    base::start_thread(run);
  } catch (std::system_error const& refused) {
    finish(self, host, base::error{std::string("no thread for it: ") + refused.what()});
  }
}

void resolver::state::finish(std::shared_ptr<state> const& self, std::string const& host, answer found) {
  --self->threads;
  auto const done = self->jobs.extract(host);
  if (!done.empty()) {
    for (waiter* who : done.mapped().waiters) {
      who->result = found;
      who->wake.cancel();
    }
  }
  start_next(self);
}

void resolver::state::end_waits(void const* owner, bool everybody) {
  for (auto& [host, entry] : jobs) {
    for (waiter* who : entry.waiters) {
      if (everybody || who->owner == owner) who->end("was stopped");
    }
  }
}

resolver::resolver(asio::any_io_executor executor, base::alarms& alarms, lookup how)
    : state_(new state(std::move(executor), alarms, std::move(how))) {}

resolver::~resolver() { close(); }

void resolver::close() {
  if (state_->closed) return;
  state_->closed = true;
  state_->queue.clear();
  state_->end_waits(nullptr, true);
  std::lock_guard const lock(state_->mail->guard);
  state_->mail->open = false;
  state_->mail->loop = asio::any_io_executor();
}

void resolver::abandon(void const* owner) { state_->end_waits(owner, false); }

asio::awaitable<answer> resolver::resolve(std::string host, base::time_point deadline, void const* owner) {
  std::shared_ptr<state> const home = state_;  // this object may go while the coroutine waits
  boost::system::error_code no_address;
  auto const literal = asio::ip::make_address(host, no_address);
  if (!no_address) co_return addresses(1, literal);
  if (home->closed) co_return base::error{"look-up of " + host + " was stopped"};

  waiter me(home->executor, owner);
  home->join(host, me);
  state::start_next(home);
  if (!me.result && me.end_reason == nullptr) {
    home->alarms.set(me, deadline);
    co_await me.wake.async_wait(asio::as_tuple(asio::deferred));
    home->alarms.clear(me);
  }
  home->leave(host, me);
  if (!me.result) co_return base::error{"look-up of " + host + " " + me.end_reason};
  if (!*me.result) co_return base::error{"look-up of " + host + ": " + me.result->error().text};
  co_return std::move(*me.result);
}

}  // namespace buildwatch::net

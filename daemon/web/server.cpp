#include "buildwatch/web/server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "buildwatch/base/exception_text.hpp"
#include "web/answer.hpp"
#include "web/connection.hpp"
#include "web/http_date.hpp"
#include "web/hub.hpp"

namespace buildwatch::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

/// What a client is told for whom there is no place.
std::string full_house(base::wall_time now) {
  answer what = error_answer(503, "busy", "all connections are in use");
  what.headers = "Retry-After: 5\r\n";
  std::string const date = http_date(now);
  head_facts facts;
  facts.date = date;
  facts.length = what.body.size();
  facts.keep_alive = false;
  return head_of(what, facts) + what.body;
}

/// SO_REUSEPORT (socket(7)).
void share(tcp::acceptor& acceptor, bool on) {
  int const value = on ? 1 : 0;
  ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
}

/// Lets two servers of this process have the same port while one takes over, and nobody else afterwards.
class sharing {
 public:
  explicit sharing(server* before) : before_(before) {
    if (before_) before_->share_port(true);
  }
  ~sharing() {
    if (before_) before_->share_port(false);
  }
  sharing(sharing const&) = delete;
  sharing& operator=(sharing const&) = delete;

 private:
  server* before_;
};

/// Ends a wait of the accepting task.
class pause final : public base::alarm {
 public:
  explicit pause(asio::steady_timer& timer) : timer_(timer) {}

 private:
  void ring(base::time_point) override { timer_.cancel(); }
  asio::steady_timer& timer_;
};

/// Shared with the task that accepts.
struct listener {
  explicit listener(asio::any_io_executor const& executor) : acceptor(executor), timer(executor), wait(timer) {
    timer.expires_at(asio::steady_timer::time_point::max());
  }
  tcp::acceptor acceptor;
  asio::steady_timer timer;  // never expires: the alarm ends a wait for it
  pause wait;
};

void ended(std::shared_ptr<hub> const& of, std::exception_ptr const& escaped) {
  --of->tasks;
  if (escaped) {
    std::string text = "a connection of the HTTP API failed: " + base::text_of(escaped);
    of->parts.log.write({base::log_level::error, "http.failed", std::move(text), {}});
  }
  if (of->stopping && of->tasks == 0 && of->done) std::exchange(of->done, nullptr)();
}

/// Makes room for one more: false where nobody can be asked to go.
bool place_for_one(hub& of) {
  if (of.open.size() < of.what.connections) return true;
  connection* longest = nullptr;
  for (connection* one : of.open) {
    if (one->evictable() && (longest == nullptr || one->waits_since() < longest->waits_since())) longest = one;
  }
  if (longest == nullptr) return false;
  longest->end(ending::evicted);
  ++of.counted.evicted;
  return true;
}

void turn_away(tcp::socket socket, base::wall_time now) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  std::string const text = full_house(now);
  socket.write_some(asio::buffer(text), ignored);  // a fresh socket takes it at once
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
  // Closing with a request unread would reset the connection before the answer is read.
  std::array<char, head_limit> unread;
  socket.read_some(asio::buffer(unread), ignored);
}

void take_in(std::shared_ptr<hub> const& of, tcp::socket socket) {
  ++of->counted.accepted;
  if (!place_for_one(*of)) {
    ++of->counted.turned_away;
    turn_away(std::move(socket), of->parts.clock.now().wall);
    return;
  }
  ++of->tasks;
  auto executor = socket.get_executor();
  asio::co_spawn(executor, serve(of, std::move(socket)), [of](std::exception_ptr escaped) { ended(of, escaped); });
  of->counted.connections = of->open.size();
}

/// Out of descriptors, most likely: the next try is a second later, and the log is told once.
asio::awaitable<void> rest(std::shared_ptr<hub> of, std::shared_ptr<listener> at, boost::system::error_code why,
                           bool told) {
  if (!told) {
    of->parts.log.write({base::log_level::warn,
                         "http.accept_failed",
                         "the HTTP API cannot take connections for now: " + why.message(),
                         {}});
  }
  of->parts.alarms.set(at->wait, of->parts.clock.now().mono + 1s);
  boost::system::error_code woken;
  co_await at->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  of->parts.alarms.clear(at->wait);
}

asio::awaitable<void> accept_all(std::shared_ptr<hub> of, std::shared_ptr<listener> at) {
  bool told = false;
  while (!of->stopping) {
    boost::system::error_code fault;
    tcp::socket socket = co_await at->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, fault));
    if (of->stopping) co_return;
    if (!fault) {
      told = false;
      take_in(of, std::move(socket));
    } else if (fault != asio::error::connection_aborted) {
      co_await rest(of, at, fault, std::exchange(told, true));
    }
  }
}

class http_server final : public server {
 public:
  http_server(server_parts parts, options what, std::shared_ptr<listener> at)
      : hub_(std::make_shared<hub>(std::move(parts), std::move(what))), listener_(std::move(at)) {}
  ~http_server() override { close(); }

  void start() override {
    ++hub_->tasks;
    auto executor = hub_->parts.executor;
    asio::co_spawn(executor, accept_all(hub_, listener_),
                   [of = hub_](std::exception_ptr escaped) { ended(of, escaped); });
  }

  void reconfigure(options what) override {
    bool const other_token = what.token != hub_->what.token;
    what.listen = hub_->what.listen;
    hub_->what = std::move(what);
    if (other_token) end_all([](connection const& one) { return one.streaming(); });
  }

  void committed(model::event const& e) override {
    if (hub_->counted.streams == 0) {
      hub_->recent.pass(e.sequence);
      return;
    }
    hub_->recent.add(e.sequence, event_frame(e));
    for (connection* one : hub_->open) one->wake();
  }

  void stop(std::function<void()> done) override {
    hub_->done = std::move(done);
    close();
    if (hub_->tasks > 0) return;
    asio::post(hub_->parts.executor, [of = hub_] {
      if (of->done) std::exchange(of->done, nullptr)();
    });
  }

  void share_port(bool on) override { share(listener_->acceptor, on); }
  [[nodiscard]] std::uint16_t port() const override {
    boost::system::error_code closed;
    return listener_->acceptor.local_endpoint(closed).port();
  }
  [[nodiscard]] server_metrics const& statistics() const override { return hub_->counted; }

 private:
  template <class Which>
  void end_all(Which which) {
    auto const all = hub_->open;  // end() takes it off the list
    for (connection* one : all) {
      if (which(*one)) one->end(ending::stopped);
    }
  }

  void close() {
    hub_->stopping = true;
    boost::system::error_code ignored;
    listener_->acceptor.close(ignored);
    listener_->timer.cancel();
    end_all([](connection const&) { return true; });
  }

  std::shared_ptr<hub> hub_;
  std::shared_ptr<listener> listener_;
};

}  // namespace

base::result<std::unique_ptr<server>> server::open(server_parts parts, options what, server* before) {
  boost::system::error_code fault;
  auto const address = asio::ip::make_address(what.listen.host, fault);
  if (fault) return base::error{"http.listen: " + what.listen.host + " is no address"};
  tcp::endpoint const at(address, what.listen.port);
  auto made = std::make_shared<listener>(parts.executor);
  made->acceptor.open(at.protocol(), fault);
  if (!fault) {
    ::fcntl(made->acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    made->acceptor.set_option(asio::socket_base::reuse_address(true), fault);
  }
  sharing const for_now(before);
  if (!fault && before) share(made->acceptor, true);
  if (!fault) made->acceptor.bind(at, fault);
  if (!fault) made->acceptor.listen(asio::socket_base::max_listen_connections, fault);
  if (!fault && before) share(made->acceptor, false);
  if (fault) return base::error{"cannot listen on " + shown(what.listen) + ": " + fault.message()};
  return std::unique_ptr<server>(std::make_unique<http_server>(std::move(parts), std::move(what), std::move(made)));
}

}  // namespace buildwatch::web

// A loop with real time, look-ups from a table, and a client to try.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "buildwatch/net/client.hpp"
#include "buildwatch/net/resolver.hpp"
#include "buildwatch/net/url.hpp"
#include "server.hpp"

namespace buildwatch::net::testing {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Real time, and a push ahead for what would take long to see otherwise.
struct real_clock final : base::clock {
  [[nodiscard]] base::instant now() const override {
    auto const wall = std::chrono::system_clock::now();
    return {base::time_point(steady_clock::now().time_since_epoch() + ahead),
            std::chrono::time_point_cast<std::chrono::milliseconds>(wall)};
  }
  base::duration ahead{0};
};

/// The outcome of one request.
struct exchange {
  std::optional<failure> failed;
  response answer;
  bool done = false;
};

class harness final : base::waker {
 public:
  harness() : timer_(loop) {
    names.emplace(loop.get_executor(), alarms,
                  [table = table_](std::string const& host) -> base::result<resolver::addresses> {
                    auto const found = table->find(host);
                    if (found == table->end()) return base::error{"Name or service not known"};
                    return found->second;
                  });
    shared.emplace(context{loop.get_executor(), clock, alarms, *names});
  }
  ~harness() override {
    if (made) made->close();
    names->close();
    turn();
  }

  void name(std::string const& host, std::vector<std::string> const& addresses) {
    resolver::addresses list;
    for (auto const& address : addresses) list.push_back(boost::asio::ip::make_address(address));
    (*table_)[host] = list;
  }
  client& use(std::string const& address, tls_options tls = {}, std::string const& proxy = "",
              unsigned connections = 4) {
    client_options options;
    options.origin = parse_url(address).value();
    options.tls = std::move(tls);
    if (!proxy.empty()) options.proxy = parse_url(proxy, true).value();
    options.connections = connections;
    made = make_client(*shared, options).value();
    return *made;
  }

  static boost::asio::awaitable<void> task(client& with, request what, std::shared_ptr<exchange> into) {
    into->failed = co_await with.send(what, into->answer);
    into->done = true;
  }
  std::shared_ptr<exchange> begin(method how = method::get, base::duration within = 10s, std::string_view body = "") {
    auto into = std::make_shared<exchange>();
    request what;
    what.method = how;
    what.target = "/path?query=1";
    what.headers = "Accept: application/json\r\n";
    what.body = body;
    what.deadline = clock.now().mono + within;
    boost::asio::co_spawn(loop, task(*made, what, into), rethrow);
    return into;
  }
  std::shared_ptr<exchange> send(method how = method::get, base::duration within = 10s, std::string_view body = "") {
    auto into = begin(how, within, body);
    until(into);
    return into;
  }
  void until(std::shared_ptr<exchange> const& into) {
    loop.restart();
    while (!into->done && loop.run_one() > 0) {
    }
  }
  static boost::asio::awaitable<void> connect_task(client& with, base::time_point deadline,
                                                   std::shared_ptr<exchange> into) {
    into->failed = co_await with.connect(deadline);
    into->done = true;
  }
  std::shared_ptr<exchange> connect(base::duration within = 10s) {
    auto into = std::make_shared<exchange>();
    boost::asio::co_spawn(loop, connect_task(*made, clock.now().mono + within, into), rethrow);
    until(into);
    return into;
  }
  /// Runs what is ready.
  void turn() {
    loop.restart();
    loop.poll();
  }
  /// Lets real time go by on the loop.
  void rest(base::duration time) {
    loop.restart();
    loop.run_for(time);
  }
  static void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  }

  boost::asio::io_context loop{1};
  real_clock clock;
  base::alarms alarms{*this};
  std::optional<resolver> names;
  std::optional<context> shared;
  std::unique_ptr<client> made;

 private:
  void wake_at(base::time_point when) override {
    if (when == base::time_point::max()) {
      timer_.cancel();
      return;
    }
    timer_.expires_at(steady_clock::time_point(when.time_since_epoch() - clock.ahead));
    timer_.async_wait([this](boost::system::error_code fault) {
      if (!fault) alarms.run(clock.now().mono);
    });
  }

  std::shared_ptr<std::map<std::string, resolver::addresses>> table_ =
      std::make_shared<std::map<std::string, resolver::addresses>>();
  boost::asio::steady_timer timer_;
};

inline std::string text_of(std::shared_ptr<exchange> const& with) {
  return with->failed ? with->failed->text : "answered " + std::to_string(with->answer.status);
}

/// Without the length of time, which is told as it was when the request began.
inline std::string timeless(std::string text) {
  auto const from = text.find("within ");
  if (from == std::string::npos) return text;
  auto const unit = text.find('s', from + 7);  // of "ms" or "s"
  return text.replace(from, unit + 1 - from, "within T");
}

inline std::string at(unsigned short port, std::string const& scheme = "http", std::string const& host = "127.0.0.1") {
  return scheme + "://" + host + ":" + std::to_string(port);
}

/// Answers every request with 200 and "hello", keeping the connection.
inline void serve(peer& with) {
  while (!with.read_request().empty()) {
    if (!with.answer("hello")) return;
  }
}

}  // namespace buildwatch::net::testing

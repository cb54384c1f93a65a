// What tests of sinks stand on: a loop turned by hand, and an event.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "buildwatch/net/resolver.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "unit/support/fakes.hpp"

namespace buildwatch::testing {

struct sink_bench {
  sink_bench() {
    event.id = "evt_3b1f";
    event.type = model::event_type::build_finished;
    event.timestamp = clock.at.wall;
    event.provider = "huawei";
    event.job = model::job{"firmware-nightly", "huawei", "48c66c6002964721be537cdc6ce0297b", {{"team", "firmware"}}};
    model::build build;
    build.number = 42;
    build.outcome = model::outcome::failure;
    build.result = "FAILURE";
    event.build = build;
  }
  void begin(notify::sink& sink) {
    result.reset();
    boost::asio::co_spawn(loop, deliver(sink, *this), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    turn();
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  notify::attempt deliver_at_once(notify::sink& sink) {
    begin(sink);
    return result.value();
  }

  manual_clock clock;
  idle_waker waker;
  base::alarms alarms{waker};
  remembered_log log;
  boost::asio::io_context loop{1};
  net::resolver names{loop.get_executor(), alarms, [](std::string const&) {
                        return base::result<net::resolver::addresses>(base::error{"no names here"});
                      }};
  net::context net{loop.get_executor(), clock, alarms, names};
  model::event event;
  std::optional<notify::attempt> result;

 private:
  static boost::asio::awaitable<void> deliver(notify::sink& sink, sink_bench& bench) {
    notify::delivery const what{bench.event.id, bench.event, bench.clock.now()};
    bench.result = co_await sink.deliver(what);
  }
};

}  // namespace buildwatch::testing

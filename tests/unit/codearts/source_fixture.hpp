// A source over scripted connections, on a loop that turns only when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/codearts/source.hpp"
#include "buildwatch/net/resolver.hpp"
#include "unit/support/fakes.hpp"

namespace buildwatch::codearts::testing {

/// One request as the other side sees it. It stays unanswered until the test answers it.
class exchange {
 public:
  exchange(boost::asio::any_io_executor const& executor, net::request const& what, net::response& into)
      : method(what.method),
        target(what.target),
        headers(what.headers),
        body(what.body),
        deadline(what.deadline),
        signal(executor, boost::asio::steady_timer::time_point::max()),
        into_(&into) {}

  void answer(unsigned status, std::string text = {}) {
    into_->status = status;
    into_->body = std::move(text);
    end();
  }
  void fail(net::errc code, std::string text) {
    failure = net::failure{code, std::move(text)};
    end();
  }
  net::response& fields() { return *into_; }
  bool has(std::string const& line) const { return headers.find(line + "\r\n") != std::string::npos; }

  net::method method;
  std::string target, headers, body;
  base::time_point deadline;
  bool done = false;
  std::optional<net::failure> failure;
  boost::asio::steady_timer signal;

 private:
  void end() {
    ASSERT_FALSE(done) << "answered twice";
    done = true;
    signal.cancel();
  }
  net::response* into_;
};

/// What went over one client; outlives it.
struct wire {
  std::deque<std::shared_ptr<exchange>> sent;
  bool closed = false;
  exchange& operator[](std::size_t i) { return *sent.at(i); }
};

class scripted_client final : public net::client {
 public:
  scripted_client(boost::asio::any_io_executor executor, std::shared_ptr<wire> to)
      : executor_(std::move(executor)), wire_(std::move(to)) {}

  boost::asio::awaitable<std::optional<net::failure>> send(net::request const& what, net::response& into) override {
    into.clear();
    if (wire_->closed) co_return net::failure{net::errc::stopped, "stopped"};
    auto const mine = std::make_shared<exchange>(executor_, what, into);
    wire_->sent.push_back(mine);
    auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await mine->signal.async_wait(token);
    co_return mine->failure;
  }
  boost::asio::awaitable<std::optional<net::failure>> connect(base::time_point) override { co_return std::nullopt; }
  void close() override {
    wire_->closed = true;
    for (auto const& e : wire_->sent) {
      if (!e->done) e->fail(net::errc::stopped, "stopped");
    }
  }
  net::client_statistics statistics() const override { return {}; }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<wire> wire_;
};

struct question {
  model::observation seen;
  bool done = false;
};

class source_test : public ::testing::Test {
 protected:
  source_test() {
    options.name = "huawei";
    options.region = "ap-southeast-3";
    options.endpoint = service_endpoint(options.region);
  }

  ~source_test() override { end(); }

  /// Stops the source before it goes, as its door asks.
  void end() {
    if (source) source->stop();
    turn();
    source.reset();
  }

  void make(codearts::auth how) {
    end();
    api_wire = std::make_shared<wire>();
    side_wire = std::make_shared<wire>();
    options.auth = std::move(how);
    clients over;
    over.api = std::make_unique<scripted_client>(io.get_executor(), api_wire);
    over.credentials = std::make_unique<scripted_client>(io.get_executor(), side_wire);
    auto made = make_source(shared, options, std::move(over));
    ASSERT_TRUE(made.has_value()) << made.error().text;
    source = std::move(*made);
  }

  std::string why_not(codearts::auth how) {
    options.auth = std::move(how);
    auto const made = make_source(shared, options, clients());
    return made.has_error() ? made.error().text : "made";
  }

  /// Lets the loop do all it can.
  void turn() {
    io.restart();
    io.poll();
  }

  void pass(base::duration time) {
    clock.advance(time);
    alarms.run(clock.now().mono);
    turn();
  }

  std::shared_ptr<question> ask(watch::asks what = watch::asks::build, std::uint32_t build = 42) {
    watch::query query;
    query.what = what;
    query.build = build;
    return ask(query);
  }

  std::shared_ptr<question> ask(watch::query query) {
    auto q = std::make_shared<question>();
    query.job_id = "0123456789abcdef0123456789abcdef";
    boost::asio::co_spawn(io, run(*source, query, q), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    turn();
    return q;
  }

  void answer(exchange& to, unsigned status, std::string body = {}) {
    to.answer(status, std::move(body));
    turn();
  }
  void fail(exchange& to, net::errc code, std::string text) {
    to.fail(code, std::move(text));
    turn();
  }

  exchange& api(std::size_t i) { return (*api_wire)[i]; }
  exchange& side(std::size_t i) { return (*side_wire)[i]; }
  std::size_t api_count() const { return api_wire->sent.size(); }
  std::size_t side_count() const { return side_wire->sent.size(); }

  static constexpr char const* running = R"({"result":{"building":true},"error":null,"status":"success"})";
  static constexpr char const* refused =
      R"({"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: token expires"})";

  boost::asio::io_context io{1};
  buildwatch::testing::manual_clock clock;
  buildwatch::testing::remembered_log log;
  buildwatch::testing::idle_waker waker;
  base::alarms alarms{waker};
  net::resolver names{io.get_executor(), alarms, net::system_lookup()};
  net::context context{io.get_executor(), clock, alarms, names};
  parts shared{context, log};
  provider_options options;
  std::shared_ptr<wire> api_wire = std::make_shared<wire>();
  std::shared_ptr<wire> side_wire = std::make_shared<wire>();
  std::unique_ptr<watch::build_source> source;

 private:
  static boost::asio::awaitable<void> run(watch::build_source& from, watch::query what, std::shared_ptr<question> q) {
    co_await from.ask(what, q->seen);
    q->done = true;
  }
};

}  // namespace buildwatch::codearts::testing

#include "buildwatch/net/client.hpp"

#include <fmt/format.h>

#include <array>

#include "net/dial.hpp"
#include "net/pool.hpp"
#include "net/text.hpp"

namespace buildwatch::net {

namespace asio = boost::asio;
using outcome = std::optional<failure>;

namespace {

constexpr std::size_t kept_capacity = 64 * 1024;

outcome stopped() { return failure{errc::stopped, "stopped"}; }

class pooled_client final : public client {
 public:
  pooled_client(context const& shared, route way, unsigned most)
      : shared_(shared),
        route_(std::move(way)),
        host_line_(" HTTP/1.1\r\nHost: " + route_.origin.host_header() + "\r\n"),
        pool_(shared, most) {}
  ~pooled_client() override { close(); }

  asio::awaitable<outcome> send(request const& what, response& into) override;
  asio::awaitable<outcome> connect(base::time_point deadline) override;
  void close() override;
  [[nodiscard]] client_statistics statistics() const override {
    client_statistics now = counted_;
    now.open = pool_.open();
    return now;
  }

 private:
  asio::awaitable<outcome> obtain(pool::lease& into, base::time_point now, base::time_point deadline);
  asio::awaitable<outcome> open(connection& fresh, base::time_point deadline);
  std::string_view compose(request const& what);
  [[nodiscard]] outcome judge(connection const& used, step last, base::duration allowed) const;

  context const& shared_;
  route route_;
  std::string host_line_;
  client_statistics counted_;
  pool pool_;
  std::string out_;                      // a request while it is put together
  std::array<char, 16 * 1024> scratch_;  // holds a whole TLS record
};

asio::awaitable<outcome> pooled_client::send(request const& what, response& into) {
  into.clear();
  if (pool_.closed()) co_return stopped();
  base::time_point const now = shared_.clock.now().mono;
  bool const repeatable = what.method == method::get;
  pool::lease use(pool_);
  use.held = pool_.take_idle(repeatable, now);
  if (use.held == nullptr) {
    auto problem = co_await obtain(use, now, what.deadline);
    if (problem) co_return problem;
    if (use.held->standing() && !pool::usable(*use.held, repeatable, now)) use.held->reset();
  }
  connection& with = *use.held;
  for (;;) {
    bool const kept = with.standing();
    if (!kept) {
      auto problem = co_await open(with, what.deadline);
      if (problem) co_return problem;
    }
    with.last_used = now;
    with.arm(what.deadline);
    step next = with.start(compose(what), into);
    while (next == step::wait_read || next == step::wait_write) {
      co_await with.wait(next);
      next = with.ended() == ending::none ? with.go_on(scratch_) : step::failed;
    }
    if (next == step::failed && kept && repeatable && with.stale()) {
      ++counted_.retried_stale;
      with.reset();
      into.clear();
      continue;
    }
    auto problem = judge(with, next, what.deadline - now);
    if (with.reusable()) use.keep();
    co_return problem;
  }
}

asio::awaitable<outcome> pooled_client::connect(base::time_point deadline) {
  if (pool_.closed()) co_return stopped();
  base::time_point const now = shared_.clock.now().mono;
  pool_.make_room();
  pool::lease use(pool_);
  auto problem = co_await obtain(use, now, deadline);
  if (problem) co_return problem;
  use.held->reset();
  problem = co_await open(*use.held, deadline);
  if (problem) co_return problem;
  use.held->last_used = now;
  use.keep();
  co_return problem;
}

/// The outcome of an exchange; the one place where an ended wait becomes an error.
outcome pooled_client::judge(connection const& used, step last, base::duration allowed) const {
  if (last == step::complete) return std::nullopt;
  switch (used.ended()) {
    case ending::stopped: return stopped();
    case ending::none: return used.why(route_.peer);
    case ending::deadline: break;
  }
  char const* const how = used.answer_started() ? "no complete answer within " : "no answer within ";
  return failure{errc::timed_out, how + words(allowed) + " from " + route_.peer};
}

std::string_view pooled_client::compose(request const& what) {
  if (out_.capacity() > kept_capacity) std::string().swap(out_);
  out_.clear();
  out_ += what.method == method::get ? "GET " : what.method == method::post ? "POST " : "PUT ";
  out_ += what.target;
  out_ += host_line_;
  out_ += what.headers;
  if (!what.body.empty() || what.method != method::get) {
    fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", what.body.size());
  }
  out_ += "\r\n";
  out_ += what.body;
  return out_;
}

asio::awaitable<outcome> pooled_client::obtain(pool::lease& into, base::time_point now, base::time_point deadline) {
  pool::granted const how = co_await pool_.obtain(into, deadline);
  if (how == pool::granted::yes) co_return outcome();
  if (how == pool::granted::closed) co_return stopped();
  std::string const within = words(deadline - now);
  if (pool_.open() == 0) {
    co_return failure{errc::no_connection, fmt::format("no connection to {} within {}", route_.peer, within)};
  }
  co_return failure{errc::timed_out, fmt::format("no free connection to {} within {}: all {} are busy", route_.peer,
                                                 within, pool_.most())};
}

asio::awaitable<outcome> pooled_client::open(connection& fresh, base::time_point deadline) {
  dialling by{shared_, route_, counted_, scratch_, this};
  co_return co_await dial(by, fresh, deadline);
}

void pooled_client::close() {
  if (pool_.closed()) return;
  pool_.close();
  shared_.names.abandon(this);
}

}  // namespace

void response::clear() {
  status = 0;
  for (std::string* text : {&body, &retry_after, &date, &subject_token}) {
    if (text->capacity() > kept_capacity) std::string().swap(*text);
    text->clear();
  }
}

base::result<std::unique_ptr<client>> make_client(context const& shared, client_options options) {
  route way;
  if (options.proxy) {
    if (options.proxy->tls) {
      return base::error{"proxy " + options.proxy->shown() +
                         ": only http:// proxies are supported (CONNECT; the tunnel inside is TLS all the same)"};
    }
    way.connect_request = connect_request(options.origin, *options.proxy);
  }
  if (options.origin.tls) {
    auto made = tls_context::make(options.tls, options.origin.host);
    if (!made) return made.error();
    way.tls = std::move(*made);
  }
  way.peer = host_and_port(options.origin.host, options.origin.port);
  way.origin = std::move(options.origin);
  way.proxy = std::move(options.proxy);
  return std::unique_ptr<client>(
      std::make_unique<pooled_client>(shared, std::move(way), std::max(options.connections, 1U)));
}

}  // namespace buildwatch::net

#include "buildwatch/net/client.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <vector>

#include "net/connection.hpp"
#include "net/dial.hpp"
#include "net/text.hpp"

namespace buildwatch::net {

namespace asio = boost::asio;
using outcome = std::optional<failure>;

namespace {

constexpr base::duration idle_for = std::chrono::seconds(90);
// A GET that finds its kept connection closed is repeated anyway, so right after an answer it does not pay for a look
// first.
constexpr base::duration trusted_for = std::chrono::seconds(1);
constexpr std::size_t kept_capacity = 64 * 1024;

outcome stopped() { return failure{errc::stopped, "stopped"}; }

/// A request that waits for a connection, in its coroutine's frame.
struct waiter final : base::alarm {
  explicit waiter(asio::any_io_executor const& executor) : wake(executor, asio::steady_timer::time_point::max()) {}
  void ring(base::time_point) override { wake.cancel(); }
  asio::steady_timer wake;  // never runs down: cancelling it is the signal
  connection* granted = nullptr;
};

class pooled_client final : public client, private base::alarm {
 public:
  pooled_client(context const& shared, route way, unsigned most)
      : shared_(shared),
        route_(std::move(way)),
        most_(most),
        host_line_(" HTTP/1.1\r\nHost: " + route_.origin.host_header() + "\r\n") {}
  ~pooled_client() override { close(); }

  asio::awaitable<outcome> send(request const& what, response& into) override;
  asio::awaitable<outcome> connect(base::time_point deadline) override;
  void close() override;
  [[nodiscard]] client_statistics statistics() const override {
    client_statistics now = counted_;
    now.open =
        static_cast<unsigned>(std::count_if(all_.begin(), all_.end(), [](auto const& c) { return c->standing(); }));
    return now;
  }

 private:
  /// Gives the connection back, whatever way a coroutine ends.
  struct lease {
    explicit lease(pooled_client& client) : owner(client) {}
    lease(lease const&) = delete;
    lease& operator=(lease const&) = delete;
    ~lease() {
      if (held != nullptr) owner.release(*held, false);
    }
    void keep() { owner.release(*std::exchange(held, nullptr), true); }
    pooled_client& owner;
    connection* held = nullptr;
  };

  void ring(base::time_point now) override;
  connection* take_idle(bool repeatable, base::time_point now);
  [[nodiscard]] static bool usable(connection& kept, bool repeatable, base::time_point now);
  asio::awaitable<outcome> obtain(lease& into, base::time_point now, base::time_point deadline);
  asio::awaitable<outcome> open(connection& fresh, base::time_point deadline);
  void release(connection& used, bool keep);
  void destroy(connection& ended);
  std::string_view compose(request const& what);
  [[nodiscard]] outcome judge(connection const& used, step last, base::duration allowed) const;

  context const& shared_;
  route route_;
  unsigned most_;
  std::string host_line_;
  client_statistics counted_;
  bool closed_ = false;
  std::vector<std::unique_ptr<connection>> all_;
  std::vector<connection*> idle_;        // the one used last is at the end, and used next
  std::deque<waiter*> waiters_;          // whoever waits longest is first
  std::string out_;                      // a request while it is put together
  std::array<char, 16 * 1024> scratch_;  // holds a whole TLS record
};

asio::awaitable<outcome> pooled_client::send(request const& what, response& into) {
  into.clear();
  if (closed_) co_return stopped();
  base::time_point const now = shared_.clock.now().mono;
  bool const repeatable = what.method == method::get;
  lease use(*this);
  use.held = take_idle(repeatable, now);
  if (use.held == nullptr) {
    auto problem = co_await obtain(use, now, what.deadline);
    if (problem) co_return problem;
    if (use.held->standing() && !usable(*use.held, repeatable, now)) use.held->reset();
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
  if (closed_) co_return stopped();
  base::time_point const now = shared_.clock.now().mono;
  // At the cap an idle connection makes room for the new one.
  if (all_.size() >= most_ && !idle_.empty()) {
    connection& oldest = *idle_.front();
    idle_.erase(idle_.begin());
    destroy(oldest);
  }
  lease use(*this);
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

connection* pooled_client::take_idle(bool repeatable, base::time_point now) {
  while (!idle_.empty()) {
    connection* const newest = idle_.back();
    idle_.pop_back();
    if (usable(*newest, repeatable, now)) return newest;
    destroy(*newest);
  }
  return nullptr;
}

bool pooled_client::usable(connection& kept, bool repeatable, base::time_point now) {
  if (repeatable && now - kept.last_used < trusted_for && !kept.has_rest()) return true;
  return kept.wire().quiet();
}

/// A free connection, which may still have to be opened; in turn, where all are in use.
asio::awaitable<outcome> pooled_client::obtain(lease& into, base::time_point now, base::time_point deadline) {
  if (all_.size() < most_) {
    all_.push_back(std::make_unique<connection>(shared_.executor, shared_.alarms));
    into.held = all_.back().get();
    co_return outcome();
  }
  waiter me(shared_.executor);
  waiters_.push_back(&me);
  shared_.alarms.set(me, deadline);
  co_await me.wake.async_wait(asio::as_tuple(asio::deferred));
  shared_.alarms.clear(me);
  into.held = me.granted;
  if (me.granted == nullptr) std::erase(waiters_, &me);
  if (closed_) co_return stopped();
  if (me.granted != nullptr) co_return outcome();
  std::string const within = words(deadline - now);
  if (statistics().open == 0) {
    co_return failure{errc::no_connection, fmt::format("no connection to {} within {}", route_.peer, within)};
  }
  co_return failure{errc::timed_out,
                    fmt::format("no free connection to {} within {}: all {} are busy", route_.peer, within, most_)};
}

asio::awaitable<outcome> pooled_client::open(connection& fresh, base::time_point deadline) {
  dialling by{shared_, route_, counted_, scratch_, this};
  co_return co_await dial(by, fresh, deadline);
}

/// Back from a request: to whoever waits, as it is or to be opened anew, else to the idle ones, else closed.
void pooled_client::release(connection& used, bool keep) {
  used.disarm();
  if (closed_ || used.ended() == ending::stopped) return destroy(used);
  if (!keep) used.reset();
  if (!waiters_.empty()) {
    waiter& first = *waiters_.front();
    waiters_.pop_front();
    first.granted = &used;
    shared_.alarms.clear(first);
    first.wake.cancel();
  } else if (keep) {
    idle_.push_back(&used);
    if (!set()) shared_.alarms.set(*this, used.last_used + idle_for);
  } else {
    destroy(used);
  }
}

void pooled_client::destroy(connection& ended) {
  std::erase_if(all_, [&](auto const& held) { return held.get() == &ended; });
}

/// Closes what has been idle for long, and looks again when the next one may be due.
void pooled_client::ring(base::time_point now) {
  std::optional<base::time_point> next;
  std::vector<connection*> expired;
  for (connection* kept : idle_) {
    base::time_point const due = kept->last_used + idle_for;
    if (due <= now) {
      expired.push_back(kept);
    } else {
      next = next ? std::min(*next, due) : due;
    }
  }
  for (connection* old : expired) {
    std::erase(idle_, old);
    destroy(*old);
  }
  if (next) shared_.alarms.set(*this, *next);
}

void pooled_client::close() {
  if (closed_) return;
  closed_ = true;
  shared_.alarms.clear(*this);
  for (connection* kept : idle_) destroy(*kept);
  idle_.clear();
  for (auto const& used : all_) used->stop();
  for (waiter* waiting : waiters_) waiting->wake.cancel();
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

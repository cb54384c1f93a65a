// A connection's life, and the reading of its requests.
#include "web/connection.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "web/admission.hpp"

namespace buildwatch::web {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr base::duration idle_time = 60s;  // between requests
constexpr base::duration head_time = 10s;  // from a head's first byte to its last
constexpr base::duration body_time = 10s;
constexpr base::duration linger_time = 2s;
constexpr std::size_t linger_bytes = std::size_t{256} * 1024;
constexpr int send_buffer = 128 * 1024;  // of the kernel, for a client that does not read

asio::ip::address local_address(asio::ip::tcp::socket const& socket) {
  boost::system::error_code gone;
  return socket.local_endpoint(gone).address();
}

}  // namespace

connection::connection(hub& of, asio::ip::tcp::socket socket)
    : hub_(of), socket_(std::move(socket)), local_(local_address(socket_)) {
  boost::system::error_code ignored;  // without them it works too
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(send_buffer), ignored);
  ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
  waits_since_ = hub_.parts.clock.now().mono;
  hub_.open.push_back(this);
}

connection::~connection() {
  std::erase(hub_.open, this);
  if (streaming_) --hub_.counted.streams;
  hub_.counted.connections = hub_.open.size();
}

void connection::end(ending why) {
  if (ended_ == ending::none) ended_ = why;
  std::erase(hub_.open, this);  // its place is free at once
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void connection::ring(base::time_point) {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  if (waiting_ == waiting::news) {
    rang_ = true;
    return;
  }
  if (ended_ == ending::none) ended_ = ending::slow;
  if (waiting_ != waiting::head || filled_ > 0) ++hub_.counted.timed_out;
}

void connection::allow(base::duration time) { hub_.parts.alarms.set(*this, hub_.parts.clock.now().mono + time); }

asio::awaitable<void> connection::run() {
  while (keep_ && ended_ == ending::none) {
    arrival const got = co_await read_head();
    bool go_on = false;
    switch (got) {
      case arrival::whole: go_on = co_await respond(); break;
      case arrival::ended: break;
      case arrival::late: co_await refuse_late(); break;
      case arrival::too_large:
        co_await refuse(error_answer(431, "head_too_large", "the request's head is over 8 KiB"));
        break;
      case arrival::hopeless: co_await refuse(error_answer(400, "bad_request", "this is no HTTP/1 request")); break;
    }
    if (!go_on) break;
  }
  if (ended_ == ending::none) co_await linger();
  hub_.parts.alarms.clear(*this);
}

asio::awaitable<bool> connection::receive() {
  if (ended_ != ending::none) co_return false;
  boost::system::error_code fault;
  std::size_t const count =
      co_await socket_.async_read_some(asio::buffer(buffer_.data() + filled_, buffer_.size() - filled_),
                                       asio::redirect_error(asio::use_awaitable, fault));
  filled_ += count;
  co_return !fault && ended_ == ending::none;
}

asio::awaitable<connection::arrival> connection::read_head() {
  waits_since_ = hub_.parts.clock.now().mono;
  waiting_ = waiting::head;
  allow(filled_ > 0 ? head_time : idle_time);
  arrival got = arrival::ended;
  for (;;) {
    // An empty line or two before a request is forgiven (RFC 9112, 2.2).
    std::string_view seen(buffer_.data(), filled_);
    std::size_t const blank = std::min(filled_, seen.find_first_not_of("\r\n"));
    take_off(blank);
    seen = std::string_view(buffer_.data(), filled_);
    head_bytes_ = head_length(seen);
    got = head_bytes_ > 0             ? arrival::whole
          : hopeless(seen)            ? arrival::hopeless
          : filled_ == buffer_.size() ? arrival::too_large
                                      : arrival::ended;
    if (got != arrival::ended) break;
    bool const first = filled_ == 0;
    bool const came = co_await receive();
    if (!came) {
      if (ended_ == ending::slow && filled_ > 0) got = arrival::late;
      break;
    }
    if (first) allow(head_time);
  }
  waiting_ = waiting::nothing;
  hub_.parts.alarms.clear(*this);
  co_return got;
}

void connection::take_off(std::size_t bytes) {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(bytes),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= bytes;
}

/// Answers the request whose head is in the buffer. False: this connection has come to its end.
asio::awaitable<bool> connection::respond() {
  request_ = request();
  std::string fault;
  bool const well_formed = web::read_head(std::string_view(buffer_.data(), head_bytes_), request_, fault);
  take_off(head_bytes_);
  if (!well_formed) co_return co_await refuse(error_answer(400, "bad_request", "this is no HTTP/1 request: " + fault));
  auto to = read_target(request_.target);
  if (!to) co_return co_await refuse(error_answer(400, "bad_request", "this target cannot be read"));
  if (request_.body_bytes > body_limit) {
    co_return co_await refuse(error_answer(413, "body_too_large", "nothing here takes a body"));
  }
  keep_ = request_.keep_alive && !request_.chunked && !(request_.expects && request_.body_bytes > 0);
  route where = route_of(to->path);
  auto no = refused(request_, *to, where, local_, hub_.what);
  if (!no && request_.chunked) no = error_answer(411, "length_required", "nothing here takes a body");
  if (keep_ && request_.body_bytes > 0) {
    bool const dropped = co_await drop_body(request_.body_bytes);
    if (!dropped && ended_ == ending::slow) co_return co_await refuse_late();
    if (!dropped) co_return false;
  }
  bool const embeddable = where.where == place::badge;
  if (no) co_return co_await send(std::move(*no), embeddable);
  if (where.where == place::stream) {
    co_await stream();
    co_return false;
  }
  answer made = co_await made_by_desk(std::move(where), std::move(*to));
  co_return co_await send(std::move(made), embeddable);
}

asio::awaitable<bool> connection::refuse(answer with) {
  keep_ = false;
  co_return co_await send(std::move(with), false);
}

asio::awaitable<bool> connection::refuse_late() {
  ended_ = ending::none;  // there is time to say so
  co_return co_await refuse(error_answer(408, "timeout", "the request did not come to an end in time"));
}

asio::awaitable<bool> connection::drop_body(std::uint64_t bytes) {
  allow(body_time);
  for (;;) {
    std::size_t const here = std::min<std::uint64_t>(bytes, filled_);
    take_off(here);
    bytes -= here;
    if (bytes == 0) co_return true;
    bool const came = co_await receive();
    if (!came) co_return false;
  }
}

asio::awaitable<answer> connection::made_by_desk(route where, target to) {
  std::string failed;
  try {
    std::string root = request_.https_outside ? "https://" : "http://";
    root += to.authority.empty() ? request_.host : to.authority;
    root += '/';
    if (where.where != place::healthz && where.where != place::readyz) co_await take_turn();
    co_return co_await hub_.desk.answer_to(std::move(where), std::move(to), std::move(root));
  } catch (std::exception const& e) {
    failed = e.what();
  }
  hub_.parts.log.write({base::log_level::error, "http.failed", "a request of the HTTP API failed: " + failed, {}});
  co_return error_answer(500, "internal", "this failed; the log says why");
}

/// Lets the other side read our last answer: closing with bytes unread would reset the connection under it.
asio::awaitable<void> connection::linger() {
  boost::system::error_code fault;
  socket_.shutdown(asio::socket_base::shutdown_send, fault);
  waiting_ = waiting::head;  // as good as idle: its place may be had, and that it takes its time counts for nothing
  filled_ = 0;
  allow(linger_time);
  for (std::size_t dropped = 0; !fault && ended_ == ending::none && dropped < linger_bytes;) {
    dropped +=
        co_await socket_.async_read_some(asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, fault));
  }
}

asio::awaitable<void> serve(std::shared_ptr<hub> of, asio::ip::tcp::socket socket) {
  connection one(*of, std::move(socket));
  co_await one.run();
}

}  // namespace buildwatch::web

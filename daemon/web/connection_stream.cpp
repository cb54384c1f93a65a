// A connection as an event stream.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "web/connection.hpp"

namespace buildwatch::web {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr base::duration heartbeat_time = 15s;

}  // namespace

void connection::wake() {
  if (waiting_ != waiting::news) return;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

/// Waits for a commit, the heartbeat's time or the client's end. False: it is over.
asio::awaitable<bool> connection::wait_for_news(bool& heartbeat) {
  if (ended_ != ending::none) co_return false;
  waiting_ = waiting::news;
  rang_ = false;
  allow(heartbeat_time);
  boost::system::error_code fault;
  // A client has nothing to say here: what it sends is not kept, and its end is ours.
  co_await socket_.async_read_some(asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, fault));
  waiting_ = waiting::nothing;
  hub_.parts.alarms.clear(*this);
  heartbeat = rang_;
  co_return fault == asio::error::operation_aborted&& ended_ == ending::none;
}

asio::awaitable<void> connection::stream() {
  keep_ = false;
  filled_ = 0;  // what is pipelined after a stream is never answered
  std::optional<std::uint64_t> last;
  if (request_.has_last_event_id) {
    last = read_cursor(request_.last_event_id);
    if (!last) {
      co_await send(error_answer(400, "bad_request", "Last-Event-ID must be the id of an event"), false);
      co_return;
    }
  }
  if (hub_.counted.streams >= std::max<std::size_t>(hub_.what.connections / 2, 1)) {
    answer full = error_answer(503, "busy", "too many event streams are open");
    full.headers = "Retry-After: 5\r\n";
    co_await send(std::move(full), false);
    co_return;
  }
  answer what;
  what.type = "text/event-stream";
  what.headers = "X-Accel-Buffering: no\r\n";  // nginx would hold events back
  request_.http_1_1 = false;                   // it ends with the connection, not by chunks
  std::string out = head_for(what, std::string_view(), false, false);
  if (request_.head_only()) {
    co_await write(out);
    co_return;
  }
  streaming_ = true;
  ++hub_.counted.streams;
  out += opening_frame;
  co_await follow(stream_cursor(last), std::move(out));
}

asio::awaitable<void> connection::follow(stream_cursor cursor, std::string out) {
  for (;;) {
    bool const sent = co_await write(out);
    if (!sent) co_return;
    out.clear();
    bool heartbeat = false;
    bool open = true;
    switch (cursor.next(hub_.recent)) {
      case stream_cursor::step::ask: open = co_await catch_up(cursor, out); break;
      case stream_cursor::step::relay: cursor.take(hub_.recent, out, piece_size); break;
      case stream_cursor::step::wait: open = co_await wait_for_news(heartbeat); break;
    }
    if (!open) co_return;
    if (heartbeat) out += heartbeat_frame;
  }
}

/// False: the store cannot be read; the client comes back, and goes on where it was.
asio::awaitable<bool> connection::catch_up(stream_cursor& cursor, std::string& out) {
  auto const query = cursor.asks();
  auto page = co_await hub_.parts.records.events(query.after, query.limit);
  if (!page || ended_ != ending::none) co_return false;
  co_await take_turn();
  if (ended_ != ending::none) co_return false;
  cursor.take(*page, out);
  co_return true;
}

}  // namespace buildwatch::web

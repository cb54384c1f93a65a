// How a connection sends an answer: whole with its tag, or as it is made.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "web/connection.hpp"
#include "web/etag.hpp"
#include "web/http_date.hpp"

namespace buildwatch::web {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr base::duration piece_time = 15s;  // a client reads a piece in this time, or is dropped

/// What one answer holds of the memory that all share.
class share {
 public:
  explicit share(std::size_t& of_all) : all_(of_all) {}
  ~share() { all_ -= mine_; }
  share(share const&) = delete;
  share& operator=(share const&) = delete;
  /// False: there is no more.
  bool grow_to(std::size_t bytes) {
    if (all_ - mine_ + bytes > most_gathered) return false;
    all_ += bytes - mine_;
    mine_ = bytes;
    return true;
  }

 private:
  std::size_t& all_;
  std::size_t mine_ = 0;
};

}  // namespace

/// One piece is made in each round of the loop, however many clients ask: polls that are due come in between, and wait
/// no longer than a piece takes.
asio::awaitable<void> connection::take_turn() {
  hub_.line.push_back(this);
  do {
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  } while (hub_.line.front() != this || hub_.piece_made);
  hub_.line.pop_front();
  hub_.piece_made = true;
  asio::post(socket_.get_executor(), [of = hub_.weak_from_this()] {
    if (auto const here = of.lock()) here->piece_made = false;
  });
}

/// Sends bytes, however many, as fast as the other side reads.
asio::awaitable<bool> connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (ended_ != ending::none) co_return false;
    std::string_view const piece = bytes.substr(0, piece_size);
    allow(piece_time);
    boost::system::error_code fault;
    co_await asio::async_write(socket_, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, fault));
    hub_.parts.alarms.clear(*this);
    if (fault || ended_ != ending::none) co_return false;
    bytes.remove_prefix(piece.size());
  }
  co_return true;
}

std::string connection::head_for(answer const& what, std::string_view etag, bool whole, bool embeddable) {
  ++hub_.counted.answers[what.status / 100 - 1];
  std::string const date = http_date(hub_.parts.clock.now().wall);
  head_facts facts;
  facts.date = date;
  facts.etag = etag;
  facts.whole = whole;
  facts.length = what.body.size();
  facts.keep_alive = keep_;
  facts.http_1_1 = request_.http_1_1;
  facts.embeddable = embeddable;
  return head_of(what, facts);
}

/// False: the connection cannot be used any more.
asio::awaitable<bool> connection::send(answer what, bool embeddable) {
  if (!what.tagged || what.status != 200) {
    if (what.rest) co_return co_await send_flowing(std::move(what));
    co_return co_await send_whole(std::move(what), std::string(), embeddable);
  }
  share held(hub_.gathered);
  etag_maker tag;
  bool fits = held.grow_to(what.body.size());
  tag.add(what.body);
  while (fits && what.rest) {
    std::size_t const before = what.body.size();
    if (!what.rest->next(what.body)) what.rest.reset();
    tag.add(std::string_view(what.body).substr(before));
    fits = held.grow_to(what.body.size());
    if (!what.rest) break;
    co_await take_turn();
    if (ended_ != ending::none) co_return false;
  }
  if (!fits) {
    what = error_answer(503, "busy", "too many large answers are under way");
    what.headers = "Retry-After: 1\r\n";
    co_return co_await send_whole(std::move(what), std::string(), embeddable);
  }
  if (names_tag(request_.if_none_match, tag.tag())) {
    what.status = 304;
    what.body.clear();
  }
  co_return co_await send_whole(std::move(what), tag.tag(), embeddable);
}

asio::awaitable<bool> connection::send_whole(answer what, std::string etag, bool embeddable) {
  std::string out = head_for(what, etag, true, embeddable);
  if (request_.head_only()) what.body.clear();
  if (what.body.size() < piece_size) {
    out += what.body;
    co_return co_await write(out);
  }
  bool const begun = co_await write(out);
  if (!begun) co_return false;
  co_return co_await write(what.body);
}

asio::awaitable<bool> connection::send_flowing(answer what) {
  bool const chunked = request_.http_1_1;
  if (!chunked) keep_ = false;
  std::string out = head_for(what, std::string_view(), false, false);
  if (request_.head_only()) co_return co_await write(out);
  std::string piece = std::move(what.body);
  for (bool more = true; more;) {
    co_await take_turn();
    more = what.rest->next(piece);
    if (chunked && !piece.empty()) {
      out += fmt::format("{:x}\r\n", piece.size());
      piece += "\r\n";
    }
    out += piece;
    if (!more && chunked) out += "0\r\n\r\n";
    bool const sent = co_await write(out);
    if (!sent) co_return false;
    out.clear();
    piece.clear();
  }
  co_return true;
}

}  // namespace buildwatch::web

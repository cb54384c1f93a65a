// One connection of the pool: its wire, its deadline, and one request and answer at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "buildwatch/base/alarms.hpp"
#include "net/answer_parser.hpp"
#include "net/wire.hpp"

namespace buildwatch::net {

/// What the coroutine that drives a connection does next.
enum class step { wait_read, wait_write, complete, failed };

/// Why a wait ended before its time.
enum class ending : std::uint8_t { none, deadline, stopped };

/// Does no waiting of its own: start() and go_on() do what can be done at once, and say what to wait for. Loop thread
/// only.
class connection final : public base::alarm {
 public:
  connection(boost::asio::any_io_executor const& executor, base::alarms& alarms) : alarms_(alarms), wire_(executor) {}

  /// From now on waits end at `deadline`; forgets an earlier one that has passed.
  void arm(base::time_point deadline);
  void disarm() { alarms_.clear(*this); }
  /// Ends waits for good.
  void stop();
  [[nodiscard]] ending ended() const { return ended_; }

  /// Sends `bytes`, of which it copies what can not go at once, and reads the answer into `into`, which must stay.
  step start(std::string_view bytes, response& into, bool head_only = false);
  /// Goes on after a wait. `scratch` is only used during the call.
  step go_on(std::span<char> scratch);
  /// Waits for what `next` says; look at ended() afterwards. For co_await.
  auto wait(step next) { return wire_.wait(next == step::wait_read ? io::want_read : io::want_write); }

  /// After `complete`: good for another request.
  [[nodiscard]] bool reusable() const { return reusable_; }
  /// After `failed`: the other side had closed it before a byte of the answer.
  [[nodiscard]] bool stale() const;
  /// After `failed`: what happened; `peer` is "host:port".
  [[nodiscard]] failure why(std::string const& peer) const;
  [[nodiscard]] bool answer_started() const { return parser_.started(); }
  /// After `complete` with `head_only`: bytes that belong to what follows.
  [[nodiscard]] bool has_rest() const { return !rest_.empty() || wire_.has_pending(); }

  /// Connected, and handshake done: requests can be sent.
  [[nodiscard]] bool standing() const { return standing_; }
  void stands() { standing_ = true; }
  /// Closes, so that it can be opened anew.
  void reset();

  [[nodiscard]] net::wire& wire() { return wire_; }
  base::time_point last_used;  ///< when its newest request began

 private:
  void ring(base::time_point now) override;
  step send_rest();
  step read_on(std::span<char> scratch);
  step take(std::string_view bytes, bool& done);
  step settle(verdict seen);
  step lose(io how);

  base::alarms& alarms_;
  net::wire wire_;
  answer_parser parser_;
  std::string unsent_;  // of a request that the socket could not take at once
  std::string rest_;    // received, but not yet enough for the parser to take
  verdict seen_ = verdict::more;
  io lost_ = io::ready;  // how the wire ended
  ending ended_ = ending::none;
  bool standing_ = false;
  bool reusable_ = false;
};

}  // namespace buildwatch::net

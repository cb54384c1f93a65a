// One connection: its socket, its deadline, and one request after the other.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "buildwatch/base/alarms.hpp"
#include "web/hub.hpp"
#include "web/request.hpp"

namespace buildwatch::web {

/// Why a connection ends before its client wants it to.
enum class ending : std::uint8_t { none, slow, evicted, stopped };

/// Loop thread only. Lives in the frame of serve().
class connection final : public base::alarm {
 public:
  connection(hub& of, boost::asio::ip::tcp::socket socket);
  ~connection() override;

  [[nodiscard]] boost::asio::awaitable<void> run();
  /// Ends it, from elsewhere.
  void end(ending why);
  /// An event has been committed.
  void wake();
  /// Holds no whole request: may be closed for another. `waits_since` tells for how long.
  [[nodiscard]] bool evictable() const { return waiting_ == waiting::head && ended_ == ending::none; }
  [[nodiscard]] base::time_point waits_since() const { return waits_since_; }
  [[nodiscard]] bool streaming() const { return streaming_; }

 private:
  enum class waiting : std::uint8_t { nothing, head, news };
  enum class arrival : std::uint8_t { whole, ended, late, too_large, hopeless };

  void ring(base::time_point now) override;
  void allow(base::duration time);
  void take_off(std::size_t bytes);
  boost::asio::awaitable<bool> receive();
  boost::asio::awaitable<arrival> read_head();
  boost::asio::awaitable<bool> respond();
  boost::asio::awaitable<bool> refuse(answer with);
  boost::asio::awaitable<bool> refuse_late();
  boost::asio::awaitable<bool> drop_body(std::uint64_t bytes);
  boost::asio::awaitable<answer> made_by_desk(route where, target to);
  boost::asio::awaitable<void> take_turn();
  boost::asio::awaitable<bool> send(answer what, bool embeddable);
  boost::asio::awaitable<bool> send_whole(answer what, std::string etag, bool embeddable);
  boost::asio::awaitable<bool> send_flowing(answer what);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  boost::asio::awaitable<void> stream();
  boost::asio::awaitable<void> follow(stream_cursor cursor, std::string out);
  boost::asio::awaitable<bool> catch_up(stream_cursor& cursor, std::string& out);
  boost::asio::awaitable<bool> wait_for_news(bool& heartbeat);
  boost::asio::awaitable<void> linger();
  [[nodiscard]] std::string head_for(answer const& what, std::string_view etag, bool whole, bool embeddable);

  hub& hub_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::address local_;
  std::array<char, head_limit> buffer_;
  std::size_t filled_ = 0;      // bytes in the buffer
  std::size_t head_bytes_ = 0;  // of them, those of the request in hand
  request request_;
  base::time_point waits_since_{};
  waiting waiting_ = waiting::nothing;
  ending ended_ = ending::none;
  bool rang_ = false;  // the heartbeat is due
  bool streaming_ = false;
  bool keep_ = true;  // good for another request
};

/// Serves one client until it or we have had enough.
boost::asio::awaitable<void> serve(std::shared_ptr<hub> of, boost::asio::ip::tcp::socket socket);

}  // namespace buildwatch::web

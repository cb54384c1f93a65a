// The connections of one client: which are in use, which are kept, and who waits for one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "buildwatch/net/client.hpp"
#include "net/connection.hpp"

namespace buildwatch::net {

/// Loop thread only.
class pool final : private base::alarm {
 public:
  /// Holds a connection for one request, and gives it back whatever way a coroutine ends.
  class lease {
   public:
    explicit lease(pool& from) : owner_(from) {}
    lease(lease const&) = delete;
    lease& operator=(lease const&) = delete;
    ~lease() {
      if (held != nullptr) owner_.release(*held, false);
    }
    /// Gives it back as it stands, for the next request.
    void keep() { owner_.release(*std::exchange(held, nullptr), true); }

    connection* held = nullptr;

   private:
    pool& owner_;
  };

  /// How waiting for a connection ended.
  enum class granted { yes, timed_out, closed };

  /// At most `most` connections.
  pool(context const& shared, unsigned most) : shared_(shared), most_(most) {}
  ~pool() override { close(); }

  /// The kept connection that was used last, where it is fit for another request; else null. `repeatable`: a request
  /// that may be sent again, should the connection turn out to be closed.
  connection* take_idle(bool repeatable, base::time_point now);
  [[nodiscard]] static bool usable(connection& kept, bool repeatable, base::time_point now);
  /// A connection, which may still have to be opened; in turn, where all are in use.
  boost::asio::awaitable<granted> obtain(lease& into, base::time_point deadline);
  /// Where the pool is full, closes the kept connection that was used longest ago.
  void make_room();
  /// Ends everything under way, closes what is kept; later leases are not granted.
  void close();

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] unsigned most() const { return most_; }
  /// Connections that stand.
  [[nodiscard]] unsigned open() const;

 private:
  /// A request that waits for a connection, in its coroutine's frame.
  struct waiter final : base::alarm {
    explicit waiter(boost::asio::any_io_executor const& executor)
        : wake(executor, boost::asio::steady_timer::time_point::max()) {}
    void ring(base::time_point) override { wake.cancel(); }
    boost::asio::steady_timer wake;  // never runs down: cancelling it is the signal
    connection* granted = nullptr;
  };

  void ring(base::time_point now) override;
  void release(connection& used, bool keep);
  void destroy(connection& ended);

  context const& shared_;
  unsigned most_;
  bool closed_ = false;
  std::vector<std::unique_ptr<connection>> all_;
  std::vector<connection*> idle_;  // the one used last is at the end, and used next
  std::deque<waiter*> waiters_;    // whoever waits longest is first
};

}  // namespace buildwatch::net

// The HTTP server of contract section 5: API, metrics, feeds and the page. Reads its ports, changes nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/log.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/model/event.hpp"
#include "buildwatch/web/options.hpp"
#include "buildwatch/web/ports.hpp"

namespace buildwatch::web {

/// Everything it needs; all outlive it, and the loop.
struct server_parts {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  base::log& log;
  web::jobs const& jobs;
  web::records& records;
  web::condition& condition;
};

/// Loop thread only. One coroutine a connection; a client that is slow or means harm costs a place and some buffers:
/// - a request's head is at most 8 KiB and 10 s long, a body 4 KiB (it is thrown away), an idle connection is closed
///   after 60 s;
/// - where all places are taken, the connection that has waited longest without a whole request is closed for the new
///   one; where none has, the new one is told 503;
/// - answers are made and sent by pieces of some dozens of KiB, each to be read within 15 s; those that must be whole
///   (their ETag comes first) take from 64 MiB for all connections, and are told 503 beyond;
/// - an event stream holds one piece; who does not read it is dropped and resumes from the store.
class server {
 public:
  /// Binds and listens at once, but accepts only after start(). The error says which address and why. `before`: a
  /// server that this one is to replace; their addresses may overlap (127.0.0.1 and 0.0.0.0 at the same port).
  [[nodiscard]] static base::result<std::unique_ptr<server>> open(server_parts parts, options what,
                                                                  server* before = nullptr);
  virtual ~server() = default;
  virtual void start() = 0;
  /// Other token, hosts and limits, from the next request on; `what.listen` is not looked at. Streams that are open
  /// stay, unless the token is another.
  virtual void reconfigure(options what) = 0;
  /// An event has been committed: streams tell it. Every one, in order of sequence.
  virtual void committed(model::event const& e) = 0;
  /// Accepts nothing more, ends every connection; `done` is called once, on the loop, never from here.
  virtual void stop(std::function<void()> done) = 0;
  /// Whether another socket of this user may have the same port.
  virtual void share_port(bool on) = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual server_metrics const& statistics() const = 0;
};

}  // namespace buildwatch::web

// An HTTP/1.1 client for one origin: keep-alive pool, TLS, proxy, one deadline over the whole request.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "buildwatch/base/alarms.hpp"
#include "buildwatch/base/result.hpp"
#include "buildwatch/base/time.hpp"
#include "buildwatch/net/options.hpp"

namespace buildwatch::net {

class resolver;

/// What every client shares; owned by `service`, outlives the clients.
struct context {
  boost::asio::any_io_executor executor;
  base::clock const& clock;
  base::alarms& alarms;
  net::resolver& names;
};

enum class method : std::uint8_t { get, post, put };

/// One request. The views must live until send() has returned.
struct request {
  net::method method = method::get;
  std::string_view target;  ///< origin form, already percent-encoded
  /// Further header lines, each ending in CRLF. The client adds Host, Content-Length (with a body, or for post and
  /// put), and nothing else.
  std::string_view headers;
  std::string_view body;
  base::time_point deadline;  ///< resolve, wait for a connection, connect, handshake, write and read included
};

/// An answer. Reuse one object for many requests: it keeps its memory (up to 64 KiB).
struct response {
  unsigned status = 0;
  std::string body;  ///< decoded from chunks; at most 1 MiB
  // The few fields somebody reads; empty when absent, or over 8 KiB (the token: as long as a head may be).
  std::string retry_after;
  std::string date;
  std::string subject_token;  ///< X-Subject-Token (IAM)
  void clear();
};

enum class errc : std::uint8_t {
  no_connection,  ///< look-up, connect, TLS or proxy failed
  timed_out,      ///< the deadline passed after a connection stood
  broken,         ///< connection lost, or an answer that is no HTTP
  too_large,      ///< head over 64 KiB or body over 1 MiB
  stopped,        ///< close() was called
};

/// Why there is no answer. `text` is for people: "connect to 10.0.0.7:443: Connection refused"; it shows scheme, host
/// and port of an address only. Names the step that failed and, for TLS, what the certificate's fault is.
struct failure {
  errc code = errc::broken;
  std::string text;
};

struct client_statistics {
  std::uint64_t connects = 0;         ///< connections opened
  std::uint64_t handshakes_full = 0;  ///< TLS handshakes with a full key exchange
  std::uint64_t handshakes_resumed = 0;
  std::uint64_t retried_stale = 0;  ///< GETs repeated because the server had closed a kept connection
  unsigned open = 0;                ///< connections open now
};

/// Loop thread only. Destroy it only when no send() is under way (close() ends them; the loop must turn once).
class client {
 public:
  virtual ~client() = default;
  /// Sends and reads the answer into `into` (cleared first). nullopt: answered, with any status; 1xx are skipped,
  /// redirects not followed. A GET whose kept connection turns out to be closed before a byte of the answer is repeated
  /// once on a fresh one; nothing else is ever repeated. No cancellation by slot: the deadline or close() ends it.
  virtual boost::asio::awaitable<std::optional<failure>> send(request const& what, response& into) = 0;
  /// Opens one connection (TLS handshake included) and keeps it for the next request. For `check --online`.
  virtual boost::asio::awaitable<std::optional<failure>> connect(base::time_point deadline) = 0;
  /// Ends everything under way with errc::stopped, closes the pool; later requests fail at once.
  virtual void close() = 0;
  [[nodiscard]] virtual client_statistics statistics() const = 0;
};

/// Loads certificates; fails (text names the file) where one can not be read or key and certificate do not match.
[[nodiscard]] base::result<std::unique_ptr<client>> make_client(context const& shared, client_options options);

/// Loads the files as make_client() would. nullopt: they can be used. Any thread.
[[nodiscard]] std::optional<tls_fault> check_tls(tls_options const& options);

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or any of the three HTTP date forms (5.6.7) relative to `now`. Negative
/// or unreadable: nullopt.
[[nodiscard]] std::optional<base::duration> parse_retry_after(std::string_view value, base::wall_time now);
/// An HTTP date (RFC 9110, 5.6.7), all three forms.
[[nodiscard]] std::optional<base::wall_time> parse_http_date(std::string_view value);

}  // namespace buildwatch::net

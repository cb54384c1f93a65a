// Reads one HTTP/1 answer after the other through Beast's parser, which only answer_parser.cpp sees.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "buildwatch/net/client.hpp"

namespace buildwatch::net {

inline constexpr std::size_t head_limit = std::size_t{64} * 1024;
inline constexpr std::size_t body_limit = std::size_t{1024} * 1024;

/// What the bytes so far amount to.
enum class verdict {
  more,       ///< no complete answer yet
  complete,   ///< the answer is in the response given to begin()
  cut,        ///< only from end(): the bytes ended before the answer did
  bad,        ///< no HTTP; fault() says why
  too_large,  ///< head_limit or body_limit passed; fault() says which
};

/// One per connection; begin() once for each answer.
class answer_parser {
 public:
  answer_parser();
  ~answer_parser();
  answer_parser(answer_parser const&) = delete;
  answer_parser& operator=(answer_parser const&) = delete;

  /// Forgets what was, and reads the next answer into `into`, which must stay until complete. `head_only`: the answer
  /// to CONNECT, whose 2xx has no body (RFC 9110, 9.3.6).
  void begin(response& into, bool head_only = false);
  /// Reads on. Adds to `used` how many of the bytes it took; the caller presents the others again, with what comes
  /// after them.
  verdict feed(std::string_view bytes, std::size_t& used);
  /// The other side has sent all it will: complete for a body that ends with the connection.
  verdict end();

  /// A byte of this answer has been seen.
  [[nodiscard]] bool started() const;
  /// After `complete`: the connection may be used again (RFC 9112, 9.3).
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] std::string fault() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace buildwatch::net

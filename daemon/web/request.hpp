// One request's head, as far as anybody here looks at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace buildwatch::web {

inline constexpr std::size_t head_limit = std::size_t{8} * 1024;
inline constexpr std::uint64_t body_limit = std::uint64_t{4} * 1024;  // nothing here wants one: what is sent is dropped

struct request {
  std::string method;
  std::string target;
  std::string host;  ///< value of the Host header; empty: absent
  unsigned hosts = 0;
  std::string authorization;
  std::string if_none_match;  ///< of several, joined by commas
  std::string last_event_id;
  std::uint64_t body_bytes = 0;
  bool has_last_event_id = false;
  bool expects = false;  ///< "Expect: 100-continue": the body comes only if asked for
  bool chunked = false;  ///< a body of unknown length follows
  bool keep_alive = true;
  bool http_1_1 = true;
  /// X-Forwarded-Proto is https: a proxy was asked by TLS. Anybody can say so: good for links in his own answer alone.
  bool https_outside = false;
  [[nodiscard]] bool head_only() const { return method == "HEAD"; }
};

/// How many bytes the head at the start of `bytes` takes, its empty line included; 0: it is not all there. Bare line
/// feeds end it too, so that what is malformed is told so at once.
[[nodiscard]] std::size_t head_length(std::string_view bytes);
/// What no request begins with, such as a TLS handshake: it would never come to an end.
[[nodiscard]] bool hopeless(std::string_view bytes);

/// Reads a whole head through Beast's parser. False: it is no HTTP/1 (RFC 9112), and `fault` says why.
bool read_head(std::string_view head, request& into, std::string& fault);

}  // namespace buildwatch::web

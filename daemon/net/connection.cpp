#include "net/connection.hpp"

namespace buildwatch::net {

namespace {

// Above this a buffer that one large message needed is given back.
constexpr std::size_t kept_capacity = 4 * 1024;

void empty(std::string& buffer) {
  if (buffer.capacity() > kept_capacity) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

step waiting_for(io what) { return what == io::want_read ? step::wait_read : step::wait_write; }

}  // namespace

void connection::arm(base::time_point deadline) {
  if (ended_ == ending::deadline) ended_ = ending::none;
  alarms_.set(*this, deadline);
}

void connection::ring(base::time_point) {
  if (ended_ == ending::none) ended_ = ending::deadline;
  wire_.cancel();
}

void connection::stop() {
  ended_ = ending::stopped;
  wire_.cancel();
}

void connection::reset() {
  disarm();
  wire_.close();
  empty(unsent_);
  empty(rest_);
  standing_ = reusable_ = false;
}

step connection::start(std::string_view bytes, response& into, bool head_only) {
  parser_.begin(into, head_only);
  seen_ = verdict::more;
  lost_ = io::ready;
  reusable_ = false;
  while (!bytes.empty()) {
    std::size_t moved = 0;
    io const how = wire_.write(bytes, moved);
    if (how == io::want_read || how == io::want_write) {
      unsent_.assign(bytes);
      return waiting_for(how);
    }
    // The answer to what the other side did read may be there ("413", then a reset): reading tells.
    if (how != io::ready) break;
    bytes.remove_prefix(moved);
  }
  return step::wait_read;
}

step connection::go_on(std::span<char> scratch) { return unsent_.empty() ? read_on(scratch) : send_rest(); }

step connection::send_rest() {
  std::size_t gone = 0;
  while (gone < unsent_.size()) {
    std::size_t moved = 0;
    io const how = wire_.write(std::string_view(unsent_).substr(gone), moved);
    if (how == io::want_read || how == io::want_write) {
      unsent_.erase(0, gone);
      return waiting_for(how);
    }
    if (how != io::ready) break;
    gone += moved;
  }
  empty(unsent_);
  return step::wait_read;
}

step connection::read_on(std::span<char> scratch) {
  for (;;) {
    std::size_t moved = 0;
    io const how = wire_.read(scratch.data(), scratch.size(), moved);
    if (how == io::want_read || how == io::want_write) return waiting_for(how);
    if (how != io::ready) return lose(how);
    bool done = false;
    step const next = take(std::string_view(scratch.data(), moved), done);
    if (done) return next;
  }
}

step connection::take(std::string_view bytes, bool& done) {
  bool const joined = !rest_.empty();
  if (joined) bytes = rest_.append(bytes);
  std::size_t used = 0;
  verdict seen = parser_.feed(bytes, used);
  if (joined) {
    rest_.erase(0, used);
  } else if (used < bytes.size()) {
    rest_.assign(bytes.substr(used));
  }
  // The parser has its own limit for a head; this one is for what else it waits to see whole: a chunk's header,
  // trailers.
  if (seen == verdict::more && rest_.size() > 2 * head_limit) seen = verdict::too_large;
  done = seen != verdict::more;
  return done ? settle(seen) : step::wait_read;
}

step connection::settle(verdict seen) {
  seen_ = seen;
  if (seen != verdict::complete) return step::failed;
  // Bytes after the answer belong to nothing that was asked.
  reusable_ = parser_.keep_alive() && rest_.empty() && lost_ == io::ready;
  return step::complete;
}

step connection::lose(io how) {
  lost_ = how;
  // Only an end that was meant completes a body that has no other end.
  return settle(how == io::closed ? parser_.end() : verdict::cut);
}

bool connection::stale() const {
  bool const gone = lost_ == io::closed || lost_ == io::cut || (lost_ == io::failed && wire_.lost());
  return ended_ == ending::none && gone && !parser_.started();
}

failure connection::why(std::string const& peer) const {
  switch (seen_) {
    case verdict::too_large: return failure{errc::too_large, "answer of " + peer + ": " + parser_.fault()};
    case verdict::bad: return failure{errc::broken, "answer of " + peer + " is no HTTP: " + parser_.fault()};
    default: break;
  }
  std::string const when = parser_.started() ? " in mid-answer" : " before it answered";
  if (lost_ != io::failed) return failure{errc::broken, peer + " closed the connection" + when};
  if (wire_.lost()) return failure{errc::broken, "connection to " + peer + " lost" + when + ": " + wire_.fault()};
  // In TLS 1.3 a server refuses a client's certificate only after the handshake (RFC 8446, 4.4.2.4).
  return failure{parser_.started() ? errc::broken : errc::no_connection, "TLS with " + peer + ": " + wire_.fault()};
}

}  // namespace buildwatch::net

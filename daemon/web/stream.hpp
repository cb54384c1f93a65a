// Server-sent events: what a stream sends next, so that none is missed or told twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "buildwatch/web/ports.hpp"

namespace buildwatch::web {

/// The newest events, as all streams share them: bounded, without a hole. Older ones are the store's.
class recent_events {
 public:
  struct told {
    std::uint64_t sequence = 0;
    std::string frame;
  };

  /// A committed event. Where the one before it is missing, what was held no longer counts.
  void add(std::uint64_t sequence, std::string frame);
  /// The same without holding it, while nobody listens.
  void pass(std::uint64_t sequence);
  /// All that came after this sequence is here.
  [[nodiscard]] bool covers(std::uint64_t after) const { return floor_ && *floor_ <= after; }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }
  /// Appends frames after `after`, in order, until `into` is full; `after` becomes the last one's sequence.
  void read(std::uint64_t& after, std::string& into, std::size_t full) const;
  [[nodiscard]] std::size_t size() const { return held_.size(); }

 private:
  std::deque<told> held_;
  std::size_t bytes_ = 0;
  std::optional<std::uint64_t> floor_;  // held are all after this one; nullopt: none has been committed yet
  std::uint64_t newest_ = 0;
};

/// "id: …" and "data: …" of one event.
[[nodiscard]] std::string event_frame(model::event const& e);
/// "event: gap": what came just before `oldest` is kept no more.
[[nodiscard]] std::string gap_frame(std::uint64_t oldest);
/// Opens a stream, and how soon to come back after a break.
inline constexpr std::string_view opening_frame = "retry: 2000\n\n";
inline constexpr std::string_view heartbeat_frame = ": alive\n\n";

/// A Last-Event-ID. nullopt: none of ours.
[[nodiscard]] std::optional<std::uint64_t> read_cursor(std::string_view text);

/// Where one stream stands. Its place in the sequence is all it remembers: whether an event comes from the store or
/// from those just committed, it is the one after the last that was sent.
class stream_cursor {
 public:
  /// nullopt: from now on; 0: all that is kept.
  explicit stream_cursor(std::optional<std::uint64_t> last_event_id);

  enum class step {
    ask,    ///< read a page from the store, after query(), and give it to take()
    relay,  ///< send what take(recent) gives
    wait,   ///< nothing to tell until the next commit
  };
  [[nodiscard]] step next(recent_events const& recent);
  struct query {
    std::uint64_t after = 0;
    std::size_t limit = 0;
  };
  [[nodiscard]] query asks() const;
  /// Appends what is to be sent because of a page.
  void take(event_page const& page, std::string& into);
  void take(recent_events const& recent, std::string& into, std::size_t full);
  [[nodiscard]] std::uint64_t at() const { return at_; }

 private:
  void skip_to(std::uint64_t next, std::string& into);

  std::uint64_t at_ = 0;    // the last that was sent, or is not wanted
  bool from_now_ = false;   // not placed yet: at the newest
  bool all_kept_ = false;   // all that is kept was asked for: what is not is then no gap
  bool placed_ = false;     // the store has been asked where its ends are
  bool caught_up_ = false;  // the store had no more
};

}  // namespace buildwatch::web

#include "web/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "buildwatch/notify/format.hpp"
#include "web/answer.hpp"

namespace buildwatch::web {
namespace {

constexpr std::size_t most_held = 1024;
constexpr std::size_t most_held_bytes = std::size_t{2} * 1024 * 1024;

}  // namespace

void recent_events::pass(std::uint64_t sequence) {
  if (sequence <= newest_) return;
  held_.clear();
  bytes_ = 0;
  floor_ = newest_ = sequence;
}

void recent_events::add(std::uint64_t sequence, std::string frame) {
  if (sequence <= newest_) return;
  if (sequence != newest_ + 1) pass(sequence - 1);
  if (!floor_) floor_ = sequence - 1;
  newest_ = sequence;
  bytes_ += frame.size();
  held_.push_back({sequence, std::move(frame)});
  while (held_.size() > most_held || bytes_ > most_held_bytes) {
    floor_ = held_.front().sequence;
    bytes_ -= held_.front().frame.size();
    held_.pop_front();
  }
}

void recent_events::read(std::uint64_t& after, std::string& into, std::size_t full) const {
  auto from = std::ranges::upper_bound(held_, after, {}, &told::sequence);
  for (; from != held_.end() && into.size() < full; ++from) {
    into += from->frame;
    after = from->sequence;
  }
}

std::string event_frame(model::event const& e) {
  return fmt::format("id: {}\ndata: {}\n\n", e.sequence, notify::standard_json(e));
}

std::string gap_frame(std::uint64_t oldest) { return fmt::format("event: gap\ndata: {{\"oldest\": {}}}\n\n", oldest); }

std::optional<std::uint64_t> read_cursor(std::string_view text) {
  std::uint64_t read = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return read;
}

stream_cursor::stream_cursor(std::optional<std::uint64_t> last_event_id)
    : at_(last_event_id.value_or(0)), from_now_(!last_event_id), all_kept_(last_event_id == 0U) {}

stream_cursor::step stream_cursor::next(recent_events const& recent) {
  if (!placed_) return step::ask;
  if (recent.covers(at_)) return recent.newest() > at_ ? step::relay : step::wait;
  // Not covered: either none has been committed since the store had no more, or this reader is far behind.
  if (caught_up_ && recent.newest() <= at_) return step::wait;
  return step::ask;
}

stream_cursor::query stream_cursor::asks() const { return {at_, from_now_ && !placed_ ? 0 : rows_a_piece}; }

void stream_cursor::take(event_page const& page, std::string& into) {
  bool const first = !std::exchange(placed_, true);
  if (first && from_now_) {
    at_ = page.newest;
    caught_up_ = true;
    return;
  }
  // A place beyond the newest was given by another store, and says nothing of this one.
  if (first && at_ > page.newest) {
    into += gap_frame(page.oldest);
    at_ = std::max<std::uint64_t>(page.oldest, 1) - 1;
  } else {
    for (model::event const& e : page.events) {
      skip_to(e.sequence, into);
      into += event_frame(e);
      at_ = e.sequence;
    }
    if (page.events.empty()) skip_to(page.newest + 1, into);
  }
  caught_up_ = at_ >= page.newest;
  if (caught_up_) all_kept_ = false;
}

/// Where something is kept for longer than its neighbours, as it waits to be delivered, there is more than one gap.
void stream_cursor::skip_to(std::uint64_t next, std::string& into) {
  if (next <= at_ + 1) return;
  if (!all_kept_) into += gap_frame(next);
  at_ = next - 1;
}

void stream_cursor::take(recent_events const& recent, std::string& into, std::size_t full) {
  recent.read(at_, into, full);
}

}  // namespace buildwatch::web

#include "web/stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "unit/web/views.hpp"
#include "web/answer.hpp"

namespace buildwatch::web {
namespace {

using step = stream_cursor::step;

/// A store that keeps events oldest..newest, but for those that are gone.
struct fake_store {
  std::uint64_t oldest = 1;
  std::uint64_t newest = 0;
  std::set<std::uint64_t> gone = {};
  bool keeps(std::uint64_t s) const { return s >= oldest && s <= newest && !gone.contains(s); }
  event_page page(stream_cursor::query q) const {
    event_page p;
    p.newest = newest;
    for (p.oldest = oldest; p.oldest <= newest && !keeps(p.oldest);) ++p.oldest;
    for (auto s = std::max(q.after + 1, oldest); s <= newest && q.after < newest && p.events.size() < q.limit; ++s) {
      if (keeps(s)) p.events.push_back(testing::event_of(s));
    }
    return p;
  }
};

/// What a reader sees: sequences, and "gap:N".
std::vector<std::string> seen(std::string const& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = text.find("\n\n", at);
    std::string const frame = text.substr(at, end - at);
    if (frame.starts_with("id: ")) found.push_back(frame.substr(4, frame.find('\n') - 4));
    if (frame.starts_with("event: gap\ndata: {\"oldest\": "))
      found.push_back("gap:" + frame.substr(28, frame.size() - 29));
    at = end + 2;
  }
  return found;
}

std::vector<std::string> run(stream_cursor& cursor, fake_store const& store, recent_events const& recent) {
  std::string all;
  for (int steps = 0; steps < 10'000; ++steps) {
    std::string out;
    switch (cursor.next(recent)) {
      case step::ask: cursor.take(store.page(cursor.asks()), out); break;
      case step::relay: cursor.take(recent, out, piece_size); break;
      case step::wait: return seen(all);
    }
    all += out;
  }
  ADD_FAILURE() << "never waits";
  return {};
}

std::vector<std::string> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::string> made;
  for (; from <= to; ++from) made.push_back(std::to_string(from));
  return made;
}

using list = std::vector<std::string>;

TEST(stream, a_frame_has_the_sequence_as_id_and_the_event_as_data) {
  std::string const frame = event_frame(testing::event_of(7));
  EXPECT_TRUE(frame.starts_with("id: 7\ndata: {\"id\":\"evt_7\""));
  EXPECT_TRUE(frame.ends_with("}\n\n"));
  EXPECT_EQ(std::ranges::count(frame, '\n'), 3);
}

TEST(stream, starts_from_now_without_a_cursor) {
  fake_store store{.oldest = 1, .newest = 5};
  recent_events recent;
  stream_cursor cursor(std::nullopt);
  EXPECT_EQ(run(cursor, store, recent), list());
  store.newest = 6;
  recent.add(6, event_frame(testing::event_of(6)));
  EXPECT_EQ(run(cursor, store, recent), list{"6"});
}

TEST(stream, resumes_after_its_cursor_from_the_store_page_by_page) {
  fake_store const store{.oldest = 1, .newest = 1000};
  stream_cursor cursor(3U);
  EXPECT_EQ(run(cursor, store, recent_events()), numbers(4, 1000));
}

TEST(stream, zero_is_all_that_is_kept_and_no_gap) {
  fake_store const store{.oldest = 8, .newest = 10};
  stream_cursor cursor(0U);
  EXPECT_EQ(run(cursor, store, recent_events()), (list{"8", "9", "10"}));
}

TEST(stream, a_cursor_older_than_what_is_kept_gets_one_gap) {
  fake_store const store{.oldest = 8, .newest = 200};
  stream_cursor cursor(3U);
  auto expected = numbers(8, 200);
  expected.insert(expected.begin(), "gap:8");
  EXPECT_EQ(run(cursor, store, recent_events()), expected);
  stream_cursor just_in_time(7U);
  EXPECT_EQ(run(just_in_time, store, recent_events()), numbers(8, 200));
}

TEST(stream, where_nothing_is_kept_any_more_the_gap_names_what_comes_next) {
  fake_store store{.oldest = 11, .newest = 10};
  recent_events recent;
  stream_cursor cursor(3U);
  EXPECT_EQ(run(cursor, store, recent), list{"gap:11"});
  store.newest = 11;
  recent.add(11, event_frame(testing::event_of(11)));
  EXPECT_EQ(run(cursor, store, recent), list{"11"});
}

TEST(stream, where_an_old_event_waits_for_its_receiver_what_is_gone_behind_it_is_a_gap_of_its_own) {
  fake_store store{.oldest = 5, .newest = 9, .gone = {6, 7}};
  stream_cursor older(3U);
  EXPECT_EQ(run(older, store, recent_events()), (list{"gap:5", "5", "gap:8", "8", "9"}));
  stream_cursor between(6U);
  EXPECT_EQ(run(between, store, recent_events()), (list{"gap:8", "8", "9"}));
  stream_cursor all(0U);
  EXPECT_EQ(run(all, store, recent_events()), (list{"5", "8", "9"}));
  store.gone = {6, 7, 8, 9};
  stream_cursor last(5U);
  EXPECT_EQ(run(last, store, recent_events()), list{"gap:10"});
}

TEST(stream, a_cursor_of_another_store_gets_a_gap_and_all_that_is_kept) {
  fake_store const store{.oldest = 2, .newest = 4};
  recent_events recent;
  recent.add(4, event_frame(testing::event_of(4)));
  stream_cursor cursor(900U);
  EXPECT_EQ(run(cursor, store, recent), (list{"gap:2", "2", "3", "4"}));
}

TEST(stream, a_reader_that_falls_behind_what_is_shared_goes_on_from_the_store) {
  fake_store store{.oldest = 1, .newest = 1};
  recent_events recent;
  recent.add(1, event_frame(testing::event_of(1)));
  stream_cursor cursor(1U);
  EXPECT_EQ(run(cursor, store, recent), list());
  for (std::uint64_t s = 2; s <= 3000; ++s) recent.add(s, event_frame(testing::event_of(s)));
  store.newest = 3000;
  EXPECT_LE(recent.size(), 1024U);
  EXPECT_FALSE(recent.covers(1));
  EXPECT_EQ(run(cursor, store, recent), numbers(2, 3000));
}

TEST(stream, holes_among_what_was_announced_are_read_from_the_store) {
  fake_store store{.oldest = 1, .newest = 1};
  recent_events recent;
  recent.pass(1);
  stream_cursor cursor(1U);
  EXPECT_EQ(run(cursor, store, recent), list());
  store.newest = 4;
  recent.add(4, event_frame(testing::event_of(4)));  // 2 and 3 were never announced
  EXPECT_EQ(run(cursor, store, recent), (list{"2", "3", "4"}));
}

// Commits, announcements that come later than the commit or the read, pruning, readers that come and go: each reader
// sees what it is owed in order, none twice, none missed without a gap.
TEST(stream, none_is_missed_or_doubled_at_the_seam_whatever_comes_when) {
  for (unsigned seed = 0; seed < 2000 / TEST_SEED_SHARE; ++seed) {
    std::mt19937 random(seed);
    auto const chance = [&](unsigned percent) { return random() % 100 < percent; };
    fake_store store;
    recent_events recent;
    std::uint64_t announced = 0;
    std::uint64_t last = 0;
    bool all_kept = true;  // what the cursor asked for: what is not kept is no gap
    std::optional<stream_cursor> cursor;
    std::optional<event_page> read;  // by the store, not yet given to the cursor
    for (int turn = 0; turn < 400; ++turn) {
      if (chance(30)) ++store.newest;
      if (chance(5)) store.oldest = std::min(store.newest + 1, store.oldest + random() % 4);
      if (store.newest > 0 && chance(5)) store.gone.insert(1 + random() % store.newest);
      if (announced < store.newest && chance(60)) {
        ++announced;
        // Without a listener nothing is held.
        if (cursor) {
          recent.add(announced, event_frame(testing::event_of(announced)));
        } else {
          recent.pass(announced);
        }
      }
      if (chance(2)) cursor.reset();
      if (!cursor && chance(20)) {
        cursor.emplace(last);
        all_kept = last == 0;
        read.reset();
      }
      if (!cursor) continue;
      std::string out;
      if (read && chance(70)) {
        cursor->take(*read, out);
        read.reset();
      } else if (!read) {
        step const next = cursor->next(recent);
        if (next == step::ask) read = store.page(cursor->asks());
        if (next == step::relay) cursor->take(recent, out, 1 + random() % 2000);
      }
      for (std::string const& what : seen(out)) {
        if (what.starts_with("gap:")) {
          ASSERT_GT(std::stoull(what.substr(4)), last + 1) << "seed " << seed;
          last = std::stoull(what.substr(4)) - 1;
        } else if (all_kept) {
          ASSERT_GT(std::stoull(what), last) << "seed " << seed;
          last = std::stoull(what);
        } else {
          ASSERT_EQ(std::stoull(what), last + 1) << "seed " << seed << " turn " << turn;
          last = std::stoull(what);
        }
      }
    }
  }
}

TEST(stream, only_numbers_are_cursors) {
  EXPECT_EQ(read_cursor("118"), 118U);
  for (auto const* text : {"", "-1", "1x", " 1", "evt_1", "99999999999999999999"}) EXPECT_FALSE(read_cursor(text));
}

}  // namespace
}  // namespace buildwatch::web

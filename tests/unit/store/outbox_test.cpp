// What becomes of deliveries, against what the port promises.
#include <gmock/gmock.h>

#include <chrono>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using namespace std::chrono_literals;
using notify::reading;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class outbox_test : public ::testing::Test {
 protected:
  /// Events 1 to `count`, each owed to `sinks`.
  void owe(int count, std::vector<std::string> const& sinks = {"oncall"}) {
    for (int i = 1; i <= count; ++i) added(*file_, owed_to(event_of(i), sinks));
  }
  std::vector<notify::created> record(notify::changes what) {
    if (what.sink.empty()) what.sink = "oncall";
    return committed(*file_, [&] { return file_->record(what); });
  }
  std::vector<notify::created> record(notify::change const& c, std::string const& fallback = {}) {
    notify::changes all;
    all.deliveries = {c};
    all.fallback = fallback;
    return record(all);
  }
  notify::fallen_back fall_back(notify::overdue const& what) {
    return committed(*file_, [&] { return file_->fall_back(what); });
  }
  notify::buried bury(notify::burial const& what) {
    return committed(*file_, [&] { return file_->bury(what); });
  }
  std::vector<notify::delivery_number> numbers(reading order = reading::by_number) {
    std::vector<notify::delivery_number> all;
    for (auto const& o : file_->read("oncall", order, std::nullopt, 1000).rows) all.push_back(o.number);
    return all;
  }

  std::unique_ptr<database> file_ = opened(":memory:");
};

notify::change to_try_again(notify::delivery_number number, base::wall_time due) {
  notify::change c;
  c.number = number;
  c.at = at(50);
  c.tries = 2;
  c.in_tries = 1500ms;
  c.due = due;
  c.hit_by_pause = true;
  c.answer = "503 Service Unavailable";
  return c;
}

notify::change ended(notify::delivery_number number, notify::fate fate) {
  notify::change c;
  c.number = number;
  c.fate = fate;
  c.at = at(60);
  c.tries = 3;
  c.answer = fate == notify::fate::dead ? "500 Internal Server Error" : "204";
  c.why = fate == notify::fate::dead ? "after 3 tries" : "";
  return c;
}

TEST_F(outbox_test, a_failed_try_is_due_again_and_tells_what_it_took) {
  owe(1);
  EXPECT_THAT(record(to_try_again(1, at(9000))), IsEmpty());
  notify::owed const o = waiting(*file_, "oncall").at(0);
  EXPECT_EQ(o.due, at(9000));
  EXPECT_EQ(o.added, at(1));
  EXPECT_EQ(o.tries, 2U);
  EXPECT_EQ(o.in_tries, 1500ms);
  EXPECT_TRUE(o.hit_by_pause);
  EXPECT_EQ(o.answer, "503 Service Unavailable");
}

TEST_F(outbox_test, what_is_delivered_or_dead_waits_no_more) {
  owe(3);
  record(ended(1, notify::fate::delivered));
  record(ended(3, notify::fate::dead));
  EXPECT_THAT(numbers(), ElementsAre(2));
}

TEST_F(outbox_test, a_change_to_what_waits_no_more_has_no_effect) {
  owe(1);
  record(ended(1, notify::fate::delivered));
  EXPECT_THAT(record(ended(1, notify::fate::dead), "console"), IsEmpty()) << "nor does it fall back";
  record(to_try_again(1, at(0)));
  EXPECT_THAT(numbers(), IsEmpty());
  EXPECT_THAT(record(ended(77, notify::fate::dead), "console"), IsEmpty()) << "nor to what never was";
}

TEST_F(outbox_test, a_release_makes_what_the_pause_hit_due_before_the_changes_take_effect) {
  owe(3);
  record(to_try_again(1, at(9000)));
  record(to_try_again(2, at(9000)));
  notify::change unrelated = to_try_again(3, at(9000));
  unrelated.hit_by_pause = false;
  record(unrelated);
  notify::changes all;
  all.released = true;
  all.deliveries = {to_try_again(2, at(7777))};
  record(all);
  auto const now = waiting(*file_, "oncall");
  EXPECT_EQ(now.at(0).due, at(1)) << "when it was added";
  EXPECT_FALSE(now.at(0).hit_by_pause);
  EXPECT_EQ(now.at(1).due, at(7777));
  EXPECT_EQ(now.at(2).due, at(9000)) << "it failed for a reason of its own";
}

TEST_F(outbox_test, a_release_concerns_one_sink) {
  owe(1, {"oncall", "other"});
  notify::changes other;
  other.sink = "other";
  other.deliveries = {to_try_again(2, at(9000))};
  record(other);
  notify::changes all;
  all.released = true;
  record(all);
  EXPECT_EQ(waiting(*file_, "other").at(0).due, at(9000));
}

TEST_F(outbox_test, what_is_known_of_a_sink_comes_back) {
  EXPECT_FALSE(file_->memory_of("oncall").paused) << "nothing is known yet";
  notify::changes all;
  all.memory = notify::sink_memory{true, at(5000), "connect: Connection refused"};
  record(all);
  auto const m = file_->memory_of("oncall");
  EXPECT_TRUE(m.paused);
  EXPECT_EQ(m.quiet_until, at(5000));
  EXPECT_EQ(m.last_error, "connect: Connection refused");
  record(notify::changes());
  EXPECT_TRUE(file_->memory_of("oncall").paused) << "changes without it leave it alone";
  EXPECT_FALSE(file_->memory_of("other").paused);
}

TEST_F(outbox_test, names_the_sinks_to_which_something_waits) {
  owe(2, {"b", "a", "c"});
  notify::changes all;
  all.sink = "a";
  all.deliveries = {ended(2, notify::fate::delivered), ended(5, notify::fate::dead)};
  record(all);
  EXPECT_THAT(file_->owing(), ElementsAre("b", "c"));
}

// ---- pages ----

TEST_F(outbox_test, pages_by_due_time_follow_each_other_with_ties_by_number) {
  owe(7);
  for (notify::delivery_number const n : {1U, 3U, 4U, 6U}) record(to_try_again(n, at(500)));
  record(to_try_again(5, at(100)));
  std::vector<notify::delivery_number> seen;
  std::optional<notify::place> after;
  for (;;) {
    auto const page = file_->read("oncall", reading::by_due, after, 2);
    for (auto const& o : page.rows) seen.push_back(o.number);
    if (page.last) break;
    ASSERT_THAT(page.rows, SizeIs(2));
    after = notify::place{page.rows.back().due, page.rows.back().number};
  }
  EXPECT_THAT(seen, ElementsAre(2, 7, 5, 1, 3, 4, 6));
}

TEST_F(outbox_test, pages_by_number_are_oldest_first_whatever_is_due) {
  owe(4);
  record(to_try_again(1, at(9000)));
  auto const first = file_->read("oncall", reading::by_number, std::nullopt, 3);
  EXPECT_FALSE(first.last);
  EXPECT_EQ(first.rows.at(0).number, 1U);
  auto const second = file_->read("oncall", reading::by_number, notify::place{at(0), first.rows.back().number}, 3);
  EXPECT_TRUE(second.last);
  EXPECT_THAT(second.rows, SizeIs(1));
}

TEST_F(outbox_test, a_page_that_is_exactly_full_is_known_to_be_the_last) {
  owe(3);
  EXPECT_TRUE(file_->read("oncall", reading::by_due, std::nullopt, 3).last);
  EXPECT_TRUE(file_->read("nobody", reading::by_due, std::nullopt, 3).last);
}

// ---- falling back ----

TEST_F(outbox_test, what_is_dead_is_owed_to_the_fallback_which_learns_who_refused_it) {
  owe(1);
  auto const made = record(ended(1, notify::fate::dead), "console");
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].sink, "console");
  EXPECT_EQ(made[0].delivery.number, 2U);
  EXPECT_EQ(made[0].delivery.webhook_id, "evt_1-fb");
  EXPECT_EQ(made[0].delivery.event->id, "evt_1");
  EXPECT_EQ(made[0].delivery.event->reason, "sink oncall: 500 Internal Server Error");
  EXPECT_EQ(made[0].delivery.added, at(60));
  EXPECT_EQ(made[0].delivery.due, at(60));
  EXPECT_EQ(text(waiting(*file_, "console").at(0)), text(made[0].delivery)) << "after a restart, too";
}

TEST_F(outbox_test, the_events_own_reason_stands_behind) {
  model::event e = event_of(1);
  e.reason = "2 builds were skipped";
  added(*file_, owed_to(e, {"oncall"}));
  auto const made = record(ended(1, notify::fate::dead), "console");
  EXPECT_EQ(made.at(0).delivery.event->reason, "sink oncall: 500 Internal Server Error; 2 builds were skipped");
}

TEST_F(outbox_test, nothing_falls_back_without_a_fallback_or_to_a_sink_that_had_the_event) {
  owe(1, {"oncall", "console"});
  notify::changes all;
  all.sink = "console";
  all.deliveries = {ended(2, notify::fate::delivered)};
  record(all);
  EXPECT_THAT(record(ended(1, notify::fate::dead), "console"), IsEmpty());
  added(*file_, owed_to(event_of(2), {"oncall"}));
  EXPECT_THAT(record(ended(3, notify::fate::dead)), IsEmpty());
}

TEST_F(outbox_test, a_chain_of_fallbacks_names_the_last_that_refused) {
  owe(1);
  record(ended(1, notify::fate::dead), "second");
  notify::changes all;
  all.sink = "second";
  all.fallback = "third";
  all.deliveries = {ended(2, notify::fate::dead)};
  all.deliveries[0].answer = "exit status 3";
  auto const made = record(all);
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].delivery.webhook_id, "evt_1-fb");
  EXPECT_EQ(made[0].delivery.event->reason, "sink second: exit status 3");
  all.sink = "third";
  all.fallback = "oncall";
  all.deliveries[0].number = 3;
  EXPECT_THAT(record(all), IsEmpty()) << "the first has had it";
}

TEST_F(outbox_test, one_never_tried_falls_back_with_what_the_sink_said_last) {
  owe(2);
  notify::change c = ended(1, notify::fate::dead);
  c.answer = "";
  c.why = "as the sink is disabled";
  EXPECT_EQ(record(c, "console").at(0).delivery.event->reason, "sink oncall: as the sink is disabled");
  notify::changes all;
  all.memory = notify::sink_memory{false, {}, "410 Gone"};
  c.number = 2;
  all.deliveries = {c};
  all.fallback = "console";
  EXPECT_EQ(record(all).at(0).delivery.event->reason, "sink oncall: 410 Gone");
}

notify::overdue late(base::wall_time added_before) {
  notify::overdue o;
  o.sink = "oncall";
  o.fallback = "console";
  o.added_before = added_before;
  o.now = at(7000);
  o.last_error = "connect: Connection refused";
  return o;
}

TEST_F(outbox_test, what_waits_for_too_long_falls_back_once_and_goes_on_waiting) {
  owe(3);
  record(to_try_again(1, at(9000)));
  auto const result = fall_back(late(at(2)));
  ASSERT_THAT(result.made, SizeIs(2));
  EXPECT_FALSE(result.more);
  EXPECT_EQ(result.oldest, at(3));
  EXPECT_EQ(result.made[0].delivery.event->reason, "sink oncall: 503 Service Unavailable");
  EXPECT_EQ(result.made[1].delivery.event->reason, "sink oncall: connect: Connection refused") << "never tried";
  EXPECT_EQ(result.made[1].delivery.webhook_id, "evt_2-fb");
  EXPECT_EQ(result.made[1].delivery.added, at(7000));
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3));
  EXPECT_THAT(fall_back(late(at(2))).made, IsEmpty());
  EXPECT_THAT(record(ended(1, notify::fate::dead), "console"), IsEmpty()) << "dead after all: console has had it";
  EXPECT_EQ(fall_back(late(at(3))).oldest, std::nullopt);
}

TEST_F(outbox_test, much_falls_back_in_steps) {
  owe(700);
  std::size_t made = 0;
  int steps = 0;
  for (bool more = true; more; ++steps) {
    auto const result = fall_back(late(at(1000)));
    EXPECT_LE(result.made.size(), 500U);
    made += result.made.size();
    more = result.more;
  }
  EXPECT_EQ(made, 700U);
  EXPECT_GT(steps, 1);
}

// ---- burials ----

notify::burial burial() {
  notify::burial b;
  b.sink = "oncall";
  b.why = "as the sink is disabled (410 Gone)";
  b.answer = "410 Gone";
  b.now = at(8000);
  return b;
}

TEST_F(outbox_test, a_burial_spares_what_is_in_flight_and_falls_back) {
  owe(3, {"oncall"});
  record(to_try_again(3, at(9000)));
  auto what = burial();
  what.fallback = "console";
  what.spare = {2};
  auto const result = bury(what);
  ASSERT_THAT(result.dead, SizeIs(2));
  EXPECT_FALSE(result.more);
  EXPECT_EQ(result.dead[0].number, 1U);
  EXPECT_EQ(result.dead[0].answer, "410 Gone") << "never tried: the burial's";
  EXPECT_EQ(result.dead[1].answer, "503 Service Unavailable") << "tried: its own";
  ASSERT_THAT(result.made, SizeIs(2));
  EXPECT_EQ(result.made[0].delivery.event->reason, "sink oncall: 410 Gone");
  EXPECT_EQ(result.made[1].delivery.event->reason, "sink oncall: 503 Service Unavailable");
  EXPECT_THAT(numbers(), ElementsAre(2));
  EXPECT_THAT(bury(what).dead, IsEmpty());
}

TEST_F(outbox_test, a_burial_without_an_answer_falls_back_with_its_reason) {
  owe(1);
  auto what = burial();
  what.answer = "";
  what.fallback = "console";
  EXPECT_EQ(bury(what).made.at(0).delivery.event->reason, "sink oncall: as the sink is disabled (410 Gone)");
}

TEST_F(outbox_test, many_are_buried_in_steps_all_of_them_and_of_one_sink) {
  owe(700, {"oncall", "other"});
  auto what = burial();
  what.spare = {1};
  std::size_t dead = 0;
  int steps = 0;
  for (bool more = true; more; ++steps) {
    auto const result = bury(what);
    EXPECT_LE(result.dead.size(), 500U);
    dead += result.dead.size();
    more = result.more;
  }
  EXPECT_EQ(dead, 699U);
  EXPECT_GT(steps, 1);
  EXPECT_THAT(waiting(*file_, "other"), SizeIs(700));
}

}  // namespace
}  // namespace buildwatch::store::testing

// Looking into a store, and changing what waits, beside whoever has it open.
#include "buildwatch/store/reader.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <chrono>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace fs = std::filesystem;

class reader_test : public ::testing::Test {
 protected:
  void open() { file_ = opened(folder_.file()); }
  /// Events 1 to `count`, owed to oncall and console.
  void owe(int count) {
    for (int i = 1; i <= count; ++i) added(*file_, owed_to(event_of(i), {"oncall", "console"}));
  }
  void change(notify::delivery_number number, std::string const& sink, notify::fate fate,
              std::optional<notify::sink_memory> memory = std::nullopt) {
    notify::changes all;
    all.sink = sink;
    all.memory = std::move(memory);
    auto& c = all.deliveries.emplace_back();
    c.number = number;
    c.fate = fate;
    c.at = at(5000);
    c.due = at(9000);
    c.tries = 3;
    c.in_tries = std::chrono::seconds(2);
    c.hit_by_pause = fate == notify::fate::retry;
    c.answer = fate == notify::fate::delivered ? "204" : "500 Internal Server Error";
    if (fate == notify::fate::dead) c.why = "after 3 tries";
    committed(*file_, [&] { return file_->record(all); });
  }
  std::unique_ptr<reader> looking() {
    auto r = reader::open(folder_.file());
    EXPECT_TRUE(r) << r.error().text;
    return std::move(*r);
  }
  std::unique_ptr<editor> editing() {
    auto e = editor::open(folder_.file());
    EXPECT_TRUE(e) << e.error().text;
    return std::move(*e);
  }
  static std::vector<notify::delivery_number> numbers(std::vector<receipt> const& all) {
    std::vector<notify::delivery_number> list;
    for (receipt const& r : all) list.push_back(r.number);
    return list;
  }

  folder folder_;
  std::unique_ptr<database> file_;
};

// ---- looking ----

TEST_F(reader_test, where_there_is_no_store_there_is_none_afterwards) {
  EXPECT_EQ(looking(), nullptr);
  auto const e = editor::open(folder_.file());
  ASSERT_FALSE(e);
  EXPECT_THAT(e.error().text, AllOf(HasSubstr("no store"), HasSubstr(folder_.file())));
  EXPECT_EQ(*reader::open(folder_.file("far/away/state.db")), nullptr);
  EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(reader_test, reading_without_a_daemon_leaves_nothing_behind) {
  open();
  owe(3);
  file_.reset();
  auto const before = folder_.names();
  std::string const bytes = bytes_of(folder_.file());
  {
    auto const r = looking();
    EXPECT_THAT(r->events(std::nullopt, 0, 10), SizeIs(3));
    EXPECT_THAT(r->undelivered(0, 10), SizeIs(6));
    EXPECT_EQ(folder_.names(), before);
  }
  EXPECT_EQ(folder_.names(), before);
  EXPECT_EQ(bytes_of(folder_.file()), bytes);
}

TEST_F(reader_test, a_daemon_that_starts_while_one_reads_is_seen) {
  open();
  owe(1);
  file_.reset();
  auto const r = looking();
  EXPECT_THAT(r->events(std::nullopt, 0, 10), SizeIs(1));
  open();
  owe(3);
  EXPECT_THAT(r->events(std::nullopt, 0, 10), SizeIs(3));
  file_->checkpoint();
  EXPECT_THAT(r->events(std::nullopt, 0, 10), SizeIs(3));
}

TEST_F(reader_test, no_transaction_stays_open_between_pages) {
  open();
  owe(3);
  auto const r = looking();
  EXPECT_THAT(r->events(std::nullopt, 0, 2), SizeIs(2));
  // Would not get past a reader that still looks.
  SQLite::Database other(folder_.file(), SQLite::OPEN_READWRITE);
  EXPECT_EQ(other.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt(), 0);
}

TEST_F(reader_test, what_a_crash_left_in_the_log_is_read) {
  open();
  owe(3);
  folder other;
  fs::copy_file(folder_.file(), other.file());
  fs::copy_file(folder_.file("state.db-wal"), other.file("state.db-wal"));
  std::string const log = bytes_of(other.file("state.db-wal"));
  {
    auto const r = reader::open(other.file());
    ASSERT_TRUE(r) << r.error().text;
    EXPECT_THAT((*r)->events(std::nullopt, 0, 10), SizeIs(3));
  }
  EXPECT_EQ(bytes_of(other.file("state.db-wal")), log);
}

TEST_F(reader_test, the_log_comes_by_pages_and_says_how_far_it_reaches) {
  open();
  auto const r = [&] { return looking()->log(0, 10); };
  EXPECT_THAT(r().events, IsEmpty());
  EXPECT_EQ(r().newest, 0U);
  EXPECT_EQ(r().oldest, 1U);
  owe(5);
  auto const page = looking()->log(2, 2);
  ASSERT_THAT(page.events, SizeIs(2));
  EXPECT_EQ(page.events[0].sequence, 3U);
  EXPECT_EQ(text(page.events[1]), text(*waiting(*file_, "console").at(3).event));
  EXPECT_EQ(page.oldest, 1U);
  EXPECT_EQ(page.newest, 5U);
  SQLite::Database other(folder_.file(), SQLite::OPEN_READWRITE);
  other.exec("DELETE FROM events WHERE sequence <= 3");
  EXPECT_EQ(r().oldest, 4U);
  other.exec("DELETE FROM events");
  EXPECT_EQ(r().oldest, 6U) << "none is kept";
  EXPECT_EQ(r().newest, 5U);
}

TEST_F(reader_test, after_more_than_the_file_can_count_there_is_nothing) {
  open();
  owe(2);
  for (std::uint64_t const after : {(std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_THAT(looking()->log(after, 10).events, IsEmpty()) << after;
    EXPECT_THAT(looking()->events(std::nullopt, after, 10), IsEmpty()) << after;
  }
  EXPECT_EQ(looking()->log(~std::uint64_t{0}, 10).newest, 2U);
}

TEST_F(reader_test, the_newest_build_of_each_job_or_the_one_that_is_watched) {
  open();
  owe(3);
  added(*file_, owed_to(event_of(9, "other"), {}));
  auto const provider = event_of(1).provider;
  auto const id = event_of(1).job->job_id;
  auto const found =
      looking()->newest({{{provider, id}, 0}, {{provider, id}, 2}, {{provider, id}, 7}, {{"nobody", id}, 0}});
  ASSERT_THAT(found, SizeIs(4));
  std::uint32_t const highest = event_of(1).job->job_id == event_of(9, "other").job->job_id ? 9 : 3;
  EXPECT_EQ(found[0]->number, highest);
  EXPECT_EQ(found[1]->number, 2U);
  EXPECT_FALSE(found[2]);
  EXPECT_FALSE(found[3]);
}

TEST_F(reader_test, what_is_owed_to_each_sink_is_counted) {
  open();
  owe(4);
  change(1, "oncall", notify::fate::delivered);
  change(3, "oncall", notify::fate::dead);
  auto const all = looking()->tallies();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].sink, "console");
  EXPECT_EQ(all[0].waiting, 4U);
  EXPECT_EQ(all[0].dead, 0U);
  EXPECT_EQ(all[1].waiting, 2U);
  EXPECT_EQ(all[1].dead, 1U);
}

TEST_F(reader_test, events_come_in_order_by_pages_with_what_became_of_them) {
  open();
  owe(3);
  change(1, "oncall", notify::fate::delivered);
  change(3, "oncall", notify::fate::dead, notify::sink_memory{true, {}, "503"});
  auto const r = looking();
  auto const first = r->events(std::nullopt, 0, 2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(text(first[1].event), text(*waiting(*file_, "console").at(1).event));
  ASSERT_THAT(first[0].receipts, SizeIs(2));
  receipt const& well = first[0].receipts[0];
  EXPECT_EQ(well.sink, "oncall");
  EXPECT_EQ(well.rule, "rules[0]");
  EXPECT_EQ(well.webhook_id, "evt_1");
  EXPECT_EQ(to_string(well.standing), "delivered");
  EXPECT_EQ(well.added, at(1));
  EXPECT_EQ(well.at, at(5000));
  EXPECT_EQ(well.tries, 3U);
  EXPECT_EQ(well.answer, "204");
  receipt const& dead = first[1].receipts[0];
  EXPECT_EQ(to_string(dead.standing), "dead");
  EXPECT_EQ(dead.why, "after 3 tries");
  EXPECT_FALSE(dead.behind_pause);
  auto const rest = r->events(std::nullopt, 2, 2);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(to_string(rest[0].receipts[0].standing), "waiting");
  EXPECT_TRUE(rest[0].receipts[0].behind_pause) << "its sink pauses";
  EXPECT_FALSE(rest[0].receipts[1].behind_pause);
}

TEST_F(reader_test, the_fallback_is_told_in_its_receipt) {
  open();
  added(*file_, owed_to(event_of(1), {"oncall"}));
  notify::overdue late;
  late.sink = "oncall";
  late.fallback = "console";
  late.added_before = at(100);
  committed(*file_, [&] { return file_->fall_back(late); });
  auto const all = looking()->events(std::nullopt, 0, 10);
  ASSERT_THAT(all.at(0).receipts, SizeIs(2));
  EXPECT_EQ(all[0].receipts[1].rule, "fallback of oncall");
  EXPECT_EQ(all[0].receipts[1].webhook_id, "evt_1-fb");
  EXPECT_EQ(all[0].receipts[1].event_id, "evt_1");
  EXPECT_EQ(all[0].event.reason, std::nullopt) << "the event itself stays as it was";
}

TEST_F(reader_test, events_and_builds_of_one_job) {
  open();
  int number = 0;
  for (int const build : {5, 3, 8}) {
    for (std::string const job : {"firmware", "app"}) {
      model::event e = event_of(build, job);
      e.id = "evt_" + std::to_string(++number);
      added(*file_, owed_to(e, {}));
    }
  }
  auto const r = looking();
  reader::job const app{"huawei", "app"};
  std::vector<std::string> ids;
  for (auto const& e : r->events(app, 2, 10)) ids.push_back(e.event.id);
  EXPECT_THAT(ids, ElementsAre("evt_4", "evt_6"));

  std::vector<std::uint32_t> builds;
  std::uint64_t before = 0;
  for (;;) {
    auto const page = r->builds(app, before, 2);
    for (auto const& b : page.rows) builds.push_back(b.build.number);
    if (!page.next) break;
    before = *page.next;
  }
  EXPECT_THAT(builds, ElementsAre(8, 5, 3)) << "the highest first, whenever they were stored";
}

TEST_F(reader_test, a_page_that_is_exactly_full_is_the_last) {
  open();
  owe(3);
  reader::job const of{event_of(1).provider, event_of(1).job->job_id};
  EXPECT_TRUE(looking()->builds(of, 0, 2).next);
  EXPECT_FALSE(looking()->builds(of, 0, 3).next);
}

// ---- the history of all jobs ----

class history_test : public reader_test {
 protected:
  /// A finished build of a job, by what is known of its end (milliseconds).
  void add(std::string const& job, int number, std::optional<int> finished, std::optional<int> seen = std::nullopt,
           std::optional<int> started = std::nullopt) {
    model::event e = event_of(number, job);
    e.id = fmt::format("evt_{}_{}", job, number);
    auto const time = [](std::optional<int> t) { return t ? std::optional(at(*t)) : std::nullopt; };
    e.build->started_at = time(started);
    e.build->last_seen_running.reset();
    e.build->finished_at = time(finished);
    e.build->times_exact = finished.has_value();
    e.build->first_seen_finished = time(seen);
    added(*file_, owed_to(e, {}));
  }
  std::vector<std::string> told() {
    std::vector<std::string> all;
    for (auto const& b : all_builds(folder_.file())) all.push_back(fmt::format("{} {}", b.job, b.build.number));
    return all;
  }
};

TEST_F(history_test, the_last_to_end_comes_first_whenever_it_was_stored) {
  open();
  add("app", 7, 7000);
  add("web", 30, 6500);
  for (int const number : {6, 8, 5}) add("app", number, number * 1000);
  added(*file_, owed_to(event_of_type(model::event_type::build_started), {}));  // has not finished: no history yet
  EXPECT_THAT(told(), ElementsAre("app 8", "app 7", "web 30", "app 6", "app 5"));
}

TEST_F(history_test, an_end_that_nobody_knows_is_when_it_was_seen_and_no_later_than_that_of_the_next) {
  open();
  add("app", 5, std::nullopt, 9000);
  add("web", 1, 8000);
  EXPECT_THAT(told(), ElementsAre("app 5", "web 1"));
  add("app", 7, 5000);
  add("app", 6, std::nullopt);
  add("app", 4, 4000);
  add("web", 2, 4500);
  EXPECT_THAT(told(), ElementsAre("web 1", "app 7", "app 6", "app 5", "web 2", "app 4"));
}

TEST_F(history_test, of_builds_that_ended_at_once_the_highest_number_of_a_job_comes_first) {
  open();
  for (int const number : {2, 3, 1}) {
    for (char const* const job : {"app", "web"}) add(job, number, 1000);
  }
  EXPECT_THAT(told(), ElementsAre("app 3", "app 2", "app 1", "web 3", "web 2", "web 1"));
}

TEST_F(history_test, without_an_end_a_build_is_where_it_began_and_without_any_time_last) {
  open();
  add("web", 9, std::nullopt);
  add("app", 1, 1000);
  add("app", 2, std::nullopt, std::nullopt, 2000);
  add("app", 3, 3000);
  EXPECT_THAT(told(), ElementsAre("app 3", "app 2", "app 1", "web 9"));
}

TEST_F(history_test, a_part_of_it_is_read_in_order_and_without_what_is_gone_by_now) {
  open();
  for (int number = 1; number <= 5; ++number) add("app", number, number);
  auto const r = looking();
  auto const places = r->places();
  ASSERT_THAT(places, SizeIs(5));
  SQLite::Database(folder_.file(), SQLite::OPEN_READWRITE).exec("DELETE FROM builds WHERE build = 3");
  std::vector<std::uint32_t> numbers;
  for (auto const& b : r->builds_at(std::span(places).subspan(1, 3))) numbers.push_back(b.build.number);
  EXPECT_THAT(numbers, ElementsAre(4, 2));
}

// ---- what waits ----

TEST_F(reader_test, undelivered_are_those_that_wait_or_are_dead_by_number_and_page) {
  open();
  owe(3);
  change(3, "oncall", notify::fate::delivered);
  change(5, "oncall", notify::fate::dead);
  auto const r = looking();
  EXPECT_THAT(numbers(r->undelivered(0, 3)), ElementsAre(1, 2, 4));
  EXPECT_THAT(numbers(r->undelivered(4, 3)), ElementsAre(5, 6));
}

TEST_F(reader_test, other_versions_and_damage_are_told_and_nothing_is_changed) {
  open();
  file_.reset();
  auto const told = [&] {
    auto const r = reader::open(folder_.file());
    auto const e = editor::open(folder_.file());
    EXPECT_FALSE(r);
    EXPECT_FALSE(e);
    if (!r && !e) {
      EXPECT_EQ(r.error().text, e.error().text);
    }
    return r ? "opened" : r.error().text;
  };
  auto const set = [&](char const* sql) { SQLite::Database(folder_.file(), SQLite::OPEN_READWRITE).exec(sql); };
  set("PRAGMA user_version = 9");
  EXPECT_THAT(told(), AllOf(HasSubstr("schema version 9"), HasSubstr("knows 2")));
  set("PRAGMA user_version = 0");
  EXPECT_THAT(told(), HasSubstr("start the daemon once"));
  std::ofstream(folder_.file(), std::ios::trunc) << std::string(5000, 'x');
  EXPECT_THAT(told(), HasSubstr("damaged"));
  EXPECT_EQ(bytes_of(folder_.file()), std::string(5000, 'x'));
}

// ---- changing ----

TEST_F(reader_test, retry_makes_waiting_and_dead_ones_due_with_a_fresh_schedule_and_ends_the_pause) {
  open();
  owe(2);
  change(1, "oncall", notify::fate::dead, notify::sink_memory{true, at(60'000), "503"});
  change(2, "console", notify::fate::retry, notify::sink_memory{true, at(60'000), "broken pipe"});
  change(3, "oncall", notify::fate::delivered);
  EXPECT_FALSE(file_->changed_elsewhere());
  auto const result = editing()->retry({}, at(7000));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_THAT(numbers(result->changed), ElementsAre(1, 2, 4));
  EXPECT_THAT(result->unknown, IsEmpty());
  EXPECT_EQ(to_string(result->changed[0].standing), "waiting");
  EXPECT_TRUE(file_->changed_elsewhere()) << "the daemon sees it";
  EXPECT_FALSE(file_->changed_elsewhere()) << "once";
  notify::owed const o = waiting(*file_, "oncall").at(0);
  EXPECT_EQ(o.number, 1U);
  EXPECT_EQ(o.due, at(7000));
  EXPECT_EQ(o.added, at(7000)) << "its time runs anew";
  EXPECT_EQ(o.tries, 0U);
  EXPECT_EQ(o.in_tries, base::duration());
  EXPECT_FALSE(waiting(*file_, "console").at(0).hit_by_pause);
  EXPECT_FALSE(file_->memory_of("oncall").paused);
  EXPECT_EQ(file_->memory_of("oncall").quiet_until, base::wall_time());
  EXPECT_FALSE(file_->memory_of("console").paused);
}

TEST_F(reader_test, only_what_is_named_changes_by_number_or_by_event) {
  open();
  owe(3);
  change(5, "oncall", notify::fate::dead, notify::sink_memory{true, {}, "503"});
  auto const result = editing()->drop({"evt_1", "5", "2", "77", "evt_none", "nonsense"}, at(7000));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_THAT(numbers(result->changed), ElementsAre(1, 2, 5)) << "each once";
  EXPECT_THAT(result->unknown, ElementsAre("77", "evt_none", "nonsense"));
  EXPECT_EQ(to_string(result->changed[0].standing), "dropped");
  EXPECT_EQ(result->changed[0].at, at(7000));
  EXPECT_THAT(numbers(looking()->undelivered(0, 10)), ElementsAre(3, 4, 6));
  EXPECT_TRUE(file_->memory_of("oncall").paused) << "dropping ends no pause";
}

TEST_F(reader_test, what_is_dropped_or_delivered_is_beyond_recall) {
  open();
  owe(1);
  change(1, "oncall", notify::fate::delivered);
  EXPECT_THAT(editing()->drop({"2"}, at(7000))->changed, SizeIs(1));
  auto const result = editing()->retry({"1", "2", "evt_1"}, at(8000));
  EXPECT_THAT(result->changed, IsEmpty());
  EXPECT_THAT(result->unknown, ElementsAre("1", "2", "evt_1"));
  change(2, "console", notify::fate::delivered);  // its try was under way when it was dropped
  EXPECT_EQ(to_string(looking()->events(std::nullopt, 0, 1).at(0).receipts.at(1).standing), "dropped");
}

TEST_F(reader_test, an_editor_without_a_daemon_keeps_what_it_changed) {
  open();
  owe(1);
  file_.reset();
  EXPECT_THAT(editing()->drop({}, at(7000))->changed, SizeIs(2));
  EXPECT_THAT(folder_.names(), ElementsAre("state.db", "state.db.lock"));
  EXPECT_THAT(looking()->undelivered(0, 10), IsEmpty());
}

}  // namespace
}  // namespace buildwatch::store::testing

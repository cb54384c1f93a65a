// What is let go, and what never is.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <chrono>

#include "buildwatch/store/reader.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class retention_test : public ::testing::Test {
 protected:
  void open(std::uint32_t builds, base::duration events) {
    auto o = options(folder_.file());
    o.builds = builds;
    o.events = events;
    auto file = database::open(o);
    ASSERT_TRUE(file) << file.error().text;
    file_ = std::move(*file);
  }
  int prune(base::wall_time now) {
    int steps = 1;
    while (committed(*file_, [&] { return file_->prune(now); })) ++steps;
    return steps;
  }
  void deliver(notify::delivery_number number, std::string const& sink = "oncall") {
    notify::changes all;
    all.sink = sink;
    all.deliveries.emplace_back().number = number;
    all.deliveries.back().fate = notify::fate::delivered;
    committed(*file_, [&] { return file_->record(all); });
  }
  std::vector<kept_event> events() { return (*reader::open(folder_.file()))->events(std::nullopt, 0, 10'000); }
  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (auto const& e : events()) all.push_back(e.event.id);
    return all;
  }
  std::int64_t count(std::string const& table) {
    return SQLite::Database(folder_.file()).execAndGet("SELECT count(*) FROM " + table).getInt64();
  }

  folder folder_;
  std::unique_ptr<database> file_;
};

TEST_F(retention_test, old_events_go_with_their_receipts) {
  open(1000, 10s);
  for (int i = 1; i <= 3; ++i) added(*file_, owed_to(event_of(i), {"oncall"}));
  for (notify::delivery_number n = 1; n <= 3; ++n) deliver(n);
  prune(at(10'002));
  EXPECT_THAT(ids(), ElementsAre("evt_2", "evt_3"));
  EXPECT_EQ(count("deliveries"), 2);
}

TEST_F(retention_test, what_something_still_waits_for_stays_and_goes_once_it_has_arrived) {
  open(1000, 10s);
  added(*file_, owed_to(event_of(1), {"oncall", "console"}));
  added(*file_, owed_to(event_of(2), {"oncall"}));
  deliver(1);
  deliver(3);
  prune(at(1'000'000));
  EXPECT_THAT(ids(), ElementsAre("evt_1"));
  deliver(2, "console");
  prune(at(1'000'000));
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(retention_test, a_number_is_never_given_twice) {
  open(1000, 10s);
  added(*file_, owed_to(event_of(1), {"oncall"}));
  deliver(1);
  prune(at(1'000'000));
  ASSERT_THAT(ids(), IsEmpty());
  file_.reset();
  open(1000, 10s);
  stored const next = added(*file_, owed_to(event_of(2), {"oncall"}));
  EXPECT_EQ(next.event->sequence, 2U);
  EXPECT_EQ(next.owed.at(0).delivery.number, 2U);
}

TEST_F(retention_test, goes_in_steps_past_many_that_wait) {
  open(1000, 10s);
  file_->begin();
  for (int i = 1; i <= 2000; ++i) file_->add({owed_to(event_of(i), {i <= 1000 ? "oncall" : "console"})});
  file_->commit();
  notify::changes shown;
  shown.sink = "console";
  for (auto const& o : waiting(*file_, "console")) {
    shown.deliveries.emplace_back().number = o.number;
    shown.deliveries.back().fate = notify::fate::delivered;
  }
  committed(*file_, [&] { return file_->record(shown); });
  EXPECT_GT(prune(at(1'000'000)), 5);
  EXPECT_THAT(ids(), SizeIs(1000));
  EXPECT_THAT(waiting(*file_, "oncall"), SizeIs(1000));
}

TEST_F(retention_test, a_million_events_are_the_most) {
  open(1000, 24h * 365);
  added(*file_, owed_to(event_of(1), {}));
  added(*file_, owed_to(event_of(2), {"oncall"}));
  added(*file_, owed_to(event_of(3), {}));
  // As if a million less two had come and gone.
  SQLite::Database(folder_.file(), SQLite::OPEN_READWRITE).exec("UPDATE sqlite_sequence SET seq = 1000001");
  added(*file_, owed_to(event_of(4), {}));
  prune(at(5));
  EXPECT_THAT(ids(), ElementsAre("evt_2", "evt_3", "evt_4"));
}

TEST_F(retention_test, reasons_said_alike_are_kept_once_and_go_with_the_last_event_that_says_them) {
  open(1000, 10s);
  for (int i : {1, 2, 5000}) {
    entry e = owed_to(event_of(i), {});
    e.not_asked = {{"oncall", i < 1000 ? "rules[0]: wants failure" : "rules[0]: wants broken"}, {"log", "no rule"}};
    added(*file_, e);
  }
  EXPECT_EQ(count("texts"), 2);
  EXPECT_THAT(events().at(1).not_asked, ElementsAre(std::pair("oncall", "rules[0]: wants failure"),  //
                                                    std::pair("log", "no rule")));
  prune(at(10'002));
  EXPECT_EQ(count("texts"), 2) << "evt_2 still says it";
  prune(at(12'000));
  EXPECT_EQ(count("texts"), 1);
  EXPECT_THAT(events().at(0).not_asked, SizeIs(2));
}

TEST_F(retention_test, the_newest_builds_of_each_job_stay) {
  open(2, 24h);
  for (int const i : {3, 9, 1, 7}) added(*file_, owed_to(event_of(i, "firmware"), {}));
  added(*file_, owed_to(event_of(4, "app"), {}));
  prune(at(20));
  std::vector<std::string> left;
  for (auto const& b : all_builds(folder_.file())) left.push_back(b.job + " " + std::to_string(b.build.number));
  EXPECT_THAT(left, UnorderedElementsAre("app 4", "firmware 7", "firmware 9"));
}

TEST_F(retention_test, fewer_builds_are_kept_after_a_reload_or_a_restart_of_all_jobs) {
  open(1000, 24h);
  file_->begin();
  for (int job = 0; job < 150; ++job) {
    for (int i = 1; i <= 4; ++i) {
      model::event e = event_of(i, "job" + std::to_string(job));
      e.id += "_" + std::to_string(job);
      file_->add({owed_to(e, {})});
    }
  }
  file_->commit();
  prune(at(20));
  EXPECT_EQ(count("builds"), 600);
  file_->keep(3, 24h);
  prune(at(20));
  EXPECT_EQ(count("builds"), 450);
  file_.reset();
  open(1, 24h);
  prune(at(20));
  EXPECT_EQ(count("builds"), 150);
}

TEST_F(retention_test, builds_of_more_jobs_than_are_remembered_are_thinned_all_the_same) {
  open(2, 30 * 24h);
  prune(at(0));  // the tour of all jobs is done
  watch::memory m;
  for (int job = 0; job < 10'010; ++job) {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      watch::old_build o;
      o.provider = "huawei";
      o.job_id = o.job = "job" + std::to_string(job);
      o.build.number = n;
      m.builds.push_back(o);
    }
  }
  committed(*file_, [&] {
    file_->remember(m);
    return 0;
  });
  prune(at(0));
  EXPECT_EQ(count("builds"), 2 * 10'010);
}

TEST_F(retention_test, another_age_counts_after_a_reload) {
  open(1000, 24h);
  added(*file_, owed_to(event_of(1), {}));
  prune(at(20'000));
  EXPECT_THAT(ids(), SizeIs(1));
  file_->keep(1000, 10s);
  prune(at(20'000));
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(retention_test, builds_that_no_event_told_of_count_as_well) {
  open(2, 30 * 24h);
  watch::memory m;
  for (std::uint32_t n = 1; n <= 5; ++n) {
    watch::old_build o;
    o.provider = "huawei";
    o.job_id = o.job = "firmware";
    o.build.number = n;
    m.builds.push_back(o);
  }
  prune(at(0));  // the tour of all jobs is done
  committed(*file_, [&] {
    file_->remember(m);
    return 0;
  });
  prune(at(0));
  std::vector<std::uint32_t> numbers;
  for (auto const& b : all_builds(folder_.file())) numbers.push_back(b.build.number);
  EXPECT_THAT(numbers, ElementsAre(5, 4));
}

}  // namespace
}  // namespace buildwatch::store::testing

// A store of the first schema version, kept as it was written (tests/data/store/v1.db), opens with every later one.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include <chrono>

#include "buildwatch/store/reader.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace fs = std::filesystem;

// What v1.db holds. The file was made from this once, by makes_the_file below, and is never made again once a release
// has gone out: from then on it stands for what is on users' disks.

constexpr int event_types = 7;

watch::memory known_then() {
  watch::memory m;
  watch::job_memory running;
  running.provider = "huawei";
  running.job_id = "48c66c6002964721be537cdc6ce0297b";
  running.build = 42;
  running.name = "firmware-nightly";
  running.proven = true;
  watch::build_memory forty_two;
  forty_two.number = 42;
  forty_two.running = true;
  forty_two.first_running = at(1000);  // of its build.started
  forty_two.last_running = at(1000);
  running.builds.push_back(forty_two);
  watch::job_memory waiting;
  waiting.provider = "other";
  waiting.job_id = "0123456789abcdef0123456789abcdef";
  waiting.build = 7;
  waiting.name = "app";
  waiting.reach = {true, at(-90'000), at(-80'000), 80s};
  watch::build_memory seven;
  seven.number = 7;
  seven.undecided_since = at(2000);
  waiting.builds.push_back(seven);
  m.jobs = {running, waiting};
  m.providers.push_back({"huawei", {}, std::nullopt, 0});
  m.providers.push_back({"other", {true, at(-70'000), at(-60'000), 5min}, at(240'000), 3'735'928'559});
  return m;
}

/// Event n of n from 1 to 7, one of each type.
model::event event_then(int n) {
  model::event e = event_of_type(static_cast<model::event_type>(n - 1));
  e.id = "evt_0000000000000000000000000000000" + std::to_string(n);
  e.sequence = static_cast<std::uint64_t>(n);
  e.timestamp = at(n * 1000);
  if (e.type == model::event_type::build_finished) {
    e.change = model::change::broken;
    e.previous = model::previous_build{41, model::outcome::success};
    e.reason = "2 builds were skipped";
  }
  return e;
}

entry entry_then(int n) {
  entry e = owed_to(event_then(n), {"oncall", "console"});
  e.not_asked = {{"script", "rules[1]: wants broken"}};
  return e;
}

/// Events 1 to 7 are owed to oncall (1, 3, 5, …) and console (2, 4, 6, …).
notify::changes of_oncall_then() {
  notify::changes c;
  c.sink = "oncall";
  c.fallback = "script";
  c.memory = notify::sink_memory{true, at(60'000), "503 Service Unavailable"};
  c.deliveries.push_back({1, notify::fate::delivered, at(20'000), 2, 1500ms, {}, false, "204", ""});
  c.deliveries.push_back({3, notify::fate::dead, at(30'000), 11, 11s, {}, false, "500 Oops", "after 11 tries"});
  c.deliveries.push_back(
      {5, notify::fate::retry, at(40'000), 1, 250ms, at(50'000), true, "503 Service Unavailable", ""});
  return c;
}

TEST(upgrade_test_file, DISABLED_makes_the_file) {
  std::string const path = TEST_DATA "/store/v1.db";
  ASSERT_FALSE(fs::exists(path)) << "it is never made anew";
  {
    auto const file = opened(path);
    file->begin();
    file->remember(known_then());
    for (int n = 1; n <= event_types; ++n) file->add({entry_then(n)});
    file->record(of_oncall_then());
    file->commit();
  }
  ASSERT_TRUE((*editor::open(path))->drop({"4"}, at(70'000)));
  fs::remove(path + ".lock");
}

class upgrade_test : public ::testing::Test {
 protected:
  upgrade_test() { fs::copy_file(TEST_DATA "/store/v1.db", folder_.file()); }

  folder folder_;
};

TEST_F(upgrade_test, what_was_known_is_known) {
  auto const known = opened(folder_.file())->known();
  EXPECT_EQ(known.jobs, known_then().jobs) << "in the order of provider and job_id";
  EXPECT_EQ(known.providers, known_then().providers);
}

TEST_F(upgrade_test, each_phase_of_a_build_is_known_as_it_is_kept_today) {
  {
    SQLite::Database old(folder_.file(), SQLite::OPEN_READWRITE);
    old.exec("DELETE FROM jobs");
    for (std::string const phase : {"waiting', 0, NULL, NULL", "waiting', 1, NULL, 5000", "running', 1, 6000, NULL",
                                    "running', 1, 6000, 7000", "finished', 1, 6000, NULL", "let_go', 0, NULL, 5000"}) {
      old.exec("INSERT INTO jobs SELECT 'p', 'j', count(*) + 1, 'n', '" + phase + ", 0, 0, NULL, 0 FROM jobs");
    }
  }
  auto const known = opened(folder_.file())->known().jobs;
  ASSERT_THAT(known, SizeIs(6));
  std::vector<std::string> told;
  for (watch::job_memory const& j : known) {
    std::string all = fmt::format("{}{}{}", j.build, j.done ? " done" : "", j.proven ? " proven" : "");
    for (watch::build_memory const& b : j.builds) {
      all += fmt::format(", #{}{} last {} undecided {}", b.number, b.running ? " running" : "", text(b.last_running),
                         text(b.undecided_since));
      EXPECT_FALSE(b.first_running) << "no event told";
    }
    told.push_back(all);
    EXPECT_FALSE(j.begun || j.listed);
  }
  EXPECT_THAT(told, ElementsAre("1", "2 proven, #2 last - undecided 5000", "3 proven, #3 running last 6000 undecided -",
                                "4 proven, #4 running last 6000 undecided 7000", "5 done proven", "6 done"));
}

TEST_F(upgrade_test, what_waited_waits) {
  auto const file = opened(folder_.file());
  EXPECT_THAT(file->owing(), ElementsAre("console", "oncall", "script"));
  auto const oncall = waiting(*file, "oncall");
  ASSERT_THAT(oncall, SizeIs(5));
  EXPECT_EQ(
      text(oncall[0]),
      "5 evt_00000000000000000000000000000003 added 1795465106417 due 1795465153417 took 250000000 tries 1 paused "
      "true '503 Service Unavailable' : " +
          text(event_then(3)));
  EXPECT_EQ(oncall[1].number, 7U);
  EXPECT_THAT(waiting(*file, "console"), SizeIs(6)) << "one was dropped";
  auto const script = waiting(*file, "script");
  ASSERT_THAT(script, SizeIs(1));
  EXPECT_EQ(script[0].webhook_id, "evt_00000000000000000000000000000002-fb");
  EXPECT_EQ(script[0].event->reason, "sink oncall: 500 Oops; 2 builds were skipped");
  EXPECT_TRUE(file->memory_of("oncall").paused);
  EXPECT_EQ(file->memory_of("oncall").quiet_until, at(60'000));
  EXPECT_EQ(file->memory_of("oncall").last_error, "503 Service Unavailable");
}

TEST_F(upgrade_test, events_are_what_they_were_with_what_became_of_them) {
  opened(folder_.file()).reset();  // brings it up to date: readers do not
  auto const all = (*reader::open(folder_.file()))->events(std::nullopt, 0, 100);
  ASSERT_THAT(all, SizeIs(event_types));
  std::vector<std::string> standings;
  for (int n = 1; n <= event_types; ++n) {
    kept_event const& e = all[static_cast<std::size_t>(n - 1)];
    EXPECT_EQ(text(e.event), text(event_then(n)));
    EXPECT_EQ(e.not_asked, entry_then(n).not_asked);
    for (receipt const& r : e.receipts) standings.emplace_back(to_string(r.standing));
  }
  EXPECT_THAT(standings,
              ElementsAre("delivered", "waiting", "dead", "dropped", "waiting", "waiting", "waiting", "waiting",
                          "waiting", "waiting", "waiting", "waiting", "waiting", "waiting", "waiting"));
  receipt const& dead = all[1].receipts[0];
  EXPECT_EQ(dead.at, at(30'000));
  EXPECT_EQ(dead.tries, 11U);
  EXPECT_EQ(dead.answer, "500 Oops");
  EXPECT_EQ(dead.why, "after 11 tries");
  EXPECT_EQ(all[1].receipts[2].rule, "fallback of oncall");
}

TEST_F(upgrade_test, the_history_is_there_and_numbers_go_on) {
  auto const file = opened(folder_.file());
  auto const all = all_builds(folder_.file());
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].job, "firmware-nightly");
  model::build kept = *event_then(2).build;
  kept.first_seen_running = at(1000);  // its build.started
  EXPECT_EQ(text(all[0].build), text(kept));
  EXPECT_TRUE(added(*file, entry_then(3)).known);
  stored const next = added(*file, owed_to(event_of(99), {"oncall"}));
  EXPECT_EQ(next.event->sequence, 8U);
  EXPECT_EQ(next.owed.at(0).delivery.number, 16U);
}

}  // namespace
}  // namespace buildwatch::store::testing

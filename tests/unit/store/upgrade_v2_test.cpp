// A store of the second schema version, kept as it was written (tests/data/store/v2.db), opens with every later one:
// what it has beyond the first.
#include <gmock/gmock.h>

#include "buildwatch/store/reader.hpp"
#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace fs = std::filesystem;

// What v2.db holds. The file was made from this once, by makes_the_file below, and is never made again once a release
// has gone out: from then on it stands for what is on users' disks.

watch::job_memory followed_then() {
  watch::job_memory j;
  j.provider = "huawei";
  j.job_id = "48c66c6002964721be537cdc6ce0297b";
  j.name = "firmware-nightly";
  j.proven = j.begun = j.listed = true;
  j.newest = 44;
  watch::build_memory running;
  running.number = 43;
  running.running = running.overdue = true;
  running.started_at = at(-9000);
  running.first_running = at(-8000);
  running.last_running = at(-1000);
  watch::build_memory queued;
  queued.number = 44;
  queued.undecided_since = at(-500);
  j.builds = {running, queued};
  j.refused = {at(1), at(2), at(3)};
  return j;
}

watch::job_memory single_then() {
  watch::job_memory j;
  j.provider = "huawei";
  j.job_id = "0123456789abcdef0123456789abcdef";
  j.build = 7;
  j.name = "app";
  j.done = j.proven = true;
  return j;
}

model::event finished_then() {
  model::event e = finished_event();
  e.sequence = 1;
  e.build->source = model::build_source{"main", "0a1b2c3d", "alice", "https://builds.example.com/42"};
  e.build->first_seen_running = at(-4'390'000);
  e.change = model::change::broken;
  e.previous = model::previous_build{41, model::outcome::success};
  return e;
}

watch::old_build listed_then() {
  watch::old_build o;
  o.provider = "huawei";
  o.job_id = "48c66c6002964721be537cdc6ce0297b";
  o.job = "firmware-nightly";
  o.build.number = 41;
  o.build.outcome = model::outcome::success;
  o.build.result = "SUCCESS";
  o.build.started_at = at(-90'000'000);
  o.build.finished_at = at(-86'400'000);
  o.build.times_exact = true;
  o.build.source = model::build_source{"main", "", "", ""};
  return o;
}

TEST(upgrade_v2_test_file, DISABLED_makes_the_file) {
  std::string const path = TEST_DATA "/store/v2.db";
  ASSERT_FALSE(fs::exists(path)) << "it is never made anew";
  {
    auto const file = opened(path);
    watch::memory m;
    m.jobs = {followed_then(), single_then()};
    m.builds = {listed_then()};
    file->begin();
    file->remember(m);
    file->add({owed_to(finished_then(), {"oncall"})});
    file->commit();
  }
  fs::remove(path + ".lock");
}

class upgrade_v2_test : public ::testing::Test {
 protected:
  upgrade_v2_test() { fs::copy_file(TEST_DATA "/store/v2.db", folder_.file()); }

  folder folder_;
};

TEST_F(upgrade_v2_test, jobs_are_known_with_their_builds) {
  EXPECT_THAT(opened(folder_.file())->known().jobs, ElementsAre(single_then(), followed_then()));
}

TEST_F(upgrade_v2_test, builds_are_there_with_their_source) {
  auto const file = opened(folder_.file());
  auto const all = all_builds(folder_.file());
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(text(all[0].build), text(*finished_then().build));
  EXPECT_EQ(text(all[1].build), text(listed_then().build));
  EXPECT_THAT(file->history("huawei", listed_then().job_id), SizeIs(2));
}

TEST_F(upgrade_v2_test, events_are_what_they_were) {
  auto const waits = waiting(*opened(folder_.file()), "oncall");
  ASSERT_THAT(waits, SizeIs(1));
  EXPECT_EQ(text(*waits[0].event), text(finished_then()));
}

}  // namespace
}  // namespace buildwatch::store::testing

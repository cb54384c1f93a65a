// What is known of jobs and providers: it comes back as it was stored last.
#include <gmock/gmock.h>

#include "unit/store/support.hpp"

namespace buildwatch::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class memory_test : public ::testing::Test {
 protected:
  void remember(std::vector<watch::job_memory> jobs, std::vector<watch::provider_memory> providers = {}) {
    watch::memory m;
    m.jobs = std::move(jobs);
    m.providers = std::move(providers);
    committed(*file_, [&] {
      file_->remember(m);
      return 0;
    });
  }

  std::unique_ptr<database> file_ = opened(":memory:");
};

watch::build_memory build_memory(std::uint32_t number) {
  watch::build_memory b;
  b.number = number;
  b.running = true;
  b.overdue = true;
  b.started_at = at(1);
  b.first_running = at(2);
  b.last_running = at(3);
  b.undecided_since = at(4);
  return b;
}

watch::job_memory job_memory(std::uint32_t build) {
  watch::job_memory j;
  j.provider = "huawei";
  j.job_id = "48c66c6002964721be537cdc6ce0297b";
  j.build = build;
  j.name = "firmware";
  j.proven = true;
  j.reach = {true, at(3), at(4), std::chrono::minutes(5)};
  return j;
}

watch::job_memory followed() {
  watch::job_memory j = job_memory(0);
  j.begun = true;
  j.listed = true;
  j.newest = 2'147'483'647;
  watch::build_memory waiting;
  waiting.number = 43;
  j.builds = {build_memory(42), waiting, build_memory(2'147'483'647)};
  return j;
}

TEST_F(memory_test, of_jobs_and_providers_comes_back) {
  watch::job_memory bare;
  bare.provider = bare.job_id = "x";
  watch::job_memory done = job_memory(7);
  done.done = true;
  watch::provider_memory const p{
      "huawei", {true, at(5), std::nullopt, std::chrono::milliseconds(1)}, at(6), 0xfedcba98U};
  remember({bare, done, followed()}, {p});
  auto const known = file_->known();
  EXPECT_THAT(known.jobs, ElementsAre(followed(), done, bare));
  EXPECT_THAT(known.providers, ElementsAre(p));
}

TEST_F(memory_test, of_a_job_holds_the_builds_that_are_under_way_now) {
  remember({followed()});
  watch::job_memory later = followed();
  later.builds.erase(later.builds.begin());
  later.builds.front().running = true;
  later.builds.front().first_running = at(9);
  remember({later});
  EXPECT_THAT(file_->known().jobs, ElementsAre(later));
  later.builds.clear();
  remember({later});
  EXPECT_THAT(file_->known().jobs, ElementsAre(later));
}

TEST_F(memory_test, of_builds_goes_to_their_own_job) {
  watch::job_memory a = job_memory(42), b = job_memory(43), c = followed(), idle = job_memory(1), other = followed();
  a.builds = {build_memory(42)};
  b.builds = {build_memory(43)};
  other.provider = "other";
  other.builds = {build_memory(42)};
  remember({other, b, c, a, idle});
  EXPECT_THAT(file_->known().jobs, ElementsAre(c, idle, a, b, other));
}

TEST_F(memory_test, each_refused_call_keeps_its_own_time) {
  for (std::size_t call = 0; call < watch::extra_calls; ++call) {
    watch::job_memory j = followed();
    j.refused[call] = at(86'400'000);
    remember({j});
    EXPECT_THAT(file_->known().jobs, ElementsAre(j)) << call;
  }
}

TEST_F(memory_test, a_transition_stores_its_job_with_its_builds) {
  entry e = owed_to(event_of(1), {});
  e.what.job = followed();
  added(*file_, e);
  EXPECT_THAT(file_->known().jobs, ElementsAre(followed()));
}

TEST_F(memory_test, a_job_is_known_by_its_build_not_by_its_name) {
  watch::job_memory renamed = job_memory(42);
  renamed.name = "firmware-nightly";
  remember({job_memory(42), job_memory(43)});
  remember({renamed});
  EXPECT_THAT(file_->known().jobs, ElementsAre(renamed, job_memory(43)));
}

TEST_F(memory_test, what_is_rolled_back_was_never_known) {
  file_->begin();
  watch::memory m;
  m.jobs.push_back(followed());
  file_->remember(m);
  file_->roll_back();
  EXPECT_THAT(file_->known().jobs, IsEmpty());
}

}  // namespace
}  // namespace buildwatch::store::testing

#include "buildwatch/forecast/pacing.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "series.hpp"

namespace buildwatch::forecast {
namespace {

using namespace std::chrono_literals;

struct spending {
  double polls = 0;  ///< per build, the one that sees the end included
  double delay = 0;  ///< seconds from the end to that poll, mean
};

/// Watches each build with what is known from those before it.
spending watch(std::vector<past_build> const& builds, base::duration building) {
  spending all;
  std::size_t const watched = builds.size() / 2;
  for (std::size_t i = 0; i < watched; ++i) {
    pacing const p(outlook({builds.begin() + static_cast<std::ptrdiff_t>(i) + 1, builds.end()}), building);
    base::duration at = p.next(0s);
    for (++all.polls; at < builds[i].lasted; ++all.polls) at = p.next(at);
    all.delay += in_seconds(at - builds[i].lasted);
  }
  return {all.polls / static_cast<double>(watched), all.delay / static_cast<double>(watched)};
}

double fixed_polls(std::vector<past_build> const& builds, base::duration building) {
  double polls = 0;
  std::size_t const watched = builds.size() / 2;
  for (std::size_t i = 0; i < watched; ++i) polls += std::ceil(in_seconds(builds[i].lasted) / in_seconds(building));
  return polls / static_cast<double>(watched);
}

TEST(pacing, of_a_new_job_is_the_fixed_interval) {
  for (std::uint32_t count : {0U, 1U, 4U}) {
    pacing const p(outlook(steady(count)), 15s);
    EXPECT_FALSE(p.usable());
    EXPECT_EQ(p.next(0s), 15s);
    EXPECT_EQ(p.next(3h), 3h + 15s);
  }
  EXPECT_TRUE(pacing(outlook(steady(5)), 15s).usable());
}

TEST(pacing, of_a_steady_job_waits_and_then_looks_often) {
  pacing const p(outlook(steady(50)), 60s);
  EXPECT_GT(p.next(0s), 110s) << "about as far apart as allowed while no end is near";
  EXPECT_LT(p.next(600s), 615s);
}

TEST(pacing, finds_the_end_much_sooner_for_the_same_requests) {
  for (auto const& [name, builds, times_sooner] :
       {std::tuple("steady", steady(120), 4.0), std::tuple("bimodal", bimodal(120), 2.0),
        std::tuple("long tail", long_tailed(160), 1.8)}) {
    base::duration const building = name == std::string("bimodal") ? 30s : 60s;
    spending const s = watch(builds, building);
    EXPECT_LT(s.polls, 1.1 * fixed_polls(builds, building)) << name;
    EXPECT_LT(s.delay, in_seconds(building) / 2 / times_sooner) << name;
  }
}

TEST(pacing, is_no_worse_than_fixed_while_a_job_changes) {
  // The first builds at a level four times as long as ever before.
  auto const builds = jumped(60, 30);
  spending const s = watch(builds, 30s);
  EXPECT_LT(s.polls, 1.15 * fixed_polls(builds, 30s));
  EXPECT_LT(s.delay, 15 / 1.8);
}

TEST(pacing, spends_no_more_on_builds_shorter_than_the_interval) {
  auto const builds = steady(100, 20);
  spending const s = watch(builds, 30s);
  EXPECT_LT(s.polls, 1.25);
  EXPECT_LT(s.delay, 5) << "a fixed interval would see the end after 10 s";
}

TEST(pacing, never_bursts_and_never_waits_longer_than_twice_the_interval) {
  auto const same = [](double s) { return series(20, [s](std::uint32_t) { return s; }); };
  for (auto const& builds : {steady(40), bimodal(), jumped(), long_tailed(), steady(5), same(0), same(600), same(3e8),
                             series(30, [](std::uint32_t i) { return i % 2 == 0 ? 0.0 : 1e6; })}) {
    outlook const o(builds);
    for (base::duration const building :
         {base::duration(50ms), base::duration(15s), base::duration(1h), base::duration(24h)}) {
      pacing const p(o, building);
      base::duration at = 0s;
      for (int i = 0; i < 3000; ++i) {
        base::duration const next = p.next(at);
        ASSERT_GE(next, at + building / pacing::finest);
        ASSERT_LE(next, at + 2 * building);
        at = next;
      }
      EXPECT_GE(p.next(-1h), building / pacing::finest);
      EXPECT_LE(p.next(24h * 365), 24h * 365 + 2 * building);
    }
  }
}

TEST(pacing, of_a_build_much_longer_than_any_known_looks_seldom) {
  pacing const p(outlook(steady(50)), 15s);
  EXPECT_EQ(p.next(5h), 5h + 30s);
}

TEST(pacing, asked_between_its_polls_answers_alike) {
  // A poll that came late, or early after a reload, does not upset the rest.
  pacing const p(outlook(steady(50)), 60s);
  base::duration before = p.next(0s);
  for (base::duration at = 1s; at < 700s; at += 1s) {
    base::duration const next = p.next(at);
    EXPECT_GE(next + 1s, before) << in_seconds(at);
    before = next;
  }
}

}  // namespace
}  // namespace buildwatch::forecast

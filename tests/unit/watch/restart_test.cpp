// What a restart keeps (contract, section 3): nothing is told twice, nothing is lost, and no clock starts anew.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

timing const ten{10s, 10s, 5min};

/// Runs until `t` and stores what has changed each minute, as the loop does.
void run_remembering(world& w, base::duration t) {
  while (w.now() < t) {
    w.run_until(std::min(t, w.now() + 1min));
    w.remember();
  }
}

// --- builds

TEST(restart, a_finished_build_is_neither_asked_nor_told_again) {
  world w(jobs(2));
  w.answer = [](job_index j, asks) { return j == 0 ? finished() : running(); };
  w.run_until(1min);
  w.restart(jobs(2));
  w.requests.clear();
  w.run_until(1h);
  EXPECT_TRUE(w.requests_of(0).empty());
  EXPECT_FALSE(w.requests_of(1).empty());
  EXPECT_EQ(w.told(), (strings{"job0 build.finished", "job1 build.started"}));
  EXPECT_EQ(w.engine().counts().done, 1U);
}

TEST(restart, a_job_is_known_by_provider_and_job_id_whatever_its_name) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1min);
  options renamed = jobs(1);
  renamed.jobs[0].name = "other";
  w.restart(renamed);
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
  EXPECT_EQ(w.remember().jobs.at(0).name, "other");

  options elsewhere = jobs(1);
  elsewhere.providers[0].name = "elsewhere";
  w.restart(elsewhere);
  w.run_until(2h);
  options another = jobs(1);
  another.jobs[0].build = 43;
  w.restart(another);
  w.run_until(3h);
  EXPECT_EQ(w.told(), strings(3, "job0 build.finished")) << "another provider or build is another watch";
}

TEST(restart, a_running_build_goes_on_without_a_second_start) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? running() : finished(); };
  w.run_until(2min + 1s);
  w.remember();
  w.restart(jobs(1), 2h);
  w.run_until(3h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  model::build const& b = *w.events[1].build;
  EXPECT_EQ(b.last_seen_running, w.wall_at(2min)) << "as it was stored, however long the stop";
  EXPECT_EQ(b.first_seen_finished, w.wall_at(2h + 2min + 1s + 10ms)) << "asked at once";
}

TEST(restart, an_unstored_poll_costs_exactness_only) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 10min ? running() : finished(); };
  w.run_until(9min);
  w.restart(jobs(1), 1h);
  w.run_until(2h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->last_seen_running, w.wall_at(0s)) << "stored with build.started";
}

TEST(restart, nothing_inverts_when_the_wall_clock_is_set_back) {
  for (auto const step : {-24h * 365, -1h, 1h, 24h * 365}) {
    world w(jobs(1));
    w.answer = [&](job_index, asks) { return w.now() < 2min ? running() : finished(); };
    w.run_until(1min + 1s);
    w.remember();
    w.step_wall(step);
    w.restart(jobs(1), 1min);
    w.run_until(3min);
    ASSERT_EQ(w.events.size(), 2U);
    model::build const& b = *w.events[1].build;
    EXPECT_LE(*b.last_seen_running, *b.finished_at);
    EXPECT_LE(*b.finished_at, *b.first_seen_finished);
    EXPECT_LE(*b.first_seen_finished, w.events[1].timestamp);
    if (step > 0h) {
      EXPECT_EQ(b.last_seen_running, w.wall_at(1min));
    }
  }
}

TEST(restart, what_was_never_stored_is_found_again) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return finished(); };
  w.stores = [](model::event const&) { return false; };
  w.run_until(10min);
  w.remember();
  w.stores = [](model::event const&) { return true; };
  w.restart(jobs(1));
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
  for (auto const& e : w.attempts) EXPECT_EQ(e.id, w.attempts[0].id);
}

TEST(restart, settling_goes_on_and_needs_fresh_evidence) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 1min ? running() : undecided(); };
  w.run_until(90s);
  w.remember();
  w.restart(jobs(1), 1h);
  EXPECT_EQ(w.told(), strings{"job0 build.started"}) << "time alone decides nothing";
  w.run_until(2h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->outcome, model::outcome::unknown);
  EXPECT_EQ(w.events[1].build->first_seen_finished, w.wall_at(1min + 10ms)) << "of the undecided answers in a row";
  EXPECT_EQ(w.events[1].timestamp, w.wall_at(1h + 90s + 10ms)) << "by the first answer";
}

TEST(restart, settling_that_turned_out_otherwise_is_told_as_it_is) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) {
    return w.now() < 1min ? running() : w.now() < 90s ? undecided() : finished("FAILURE");
  };
  w.run_until(89s);
  w.remember();
  w.restart(jobs(1), 1h);
  w.run_until(2h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->outcome, model::outcome::failure);
}

TEST(restart, a_queued_builds_day_counts_on_by_wall_time) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(1h);
  w.remember();
  w.restart(jobs(1), 21h);
  w.run_until(24h - 1min);
  EXPECT_EQ(w.engine().counts().queued, 1U);
  w.run_until(24h + 2min);
  EXPECT_EQ(w.engine().counts().done, 1U);
}

TEST(restart, a_wall_clock_that_runs_away_lets_nothing_go_at_once) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 31min ? undecided() : finished(); };
  w.run_until(1min);
  w.remember();
  w.step_wall(24h * 30);
  w.restart(jobs(1));
  w.run_until(2h);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
}

TEST(restart, a_build_let_go_stays_so) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(25h);
  w.remember();
  w.restart(jobs(1));
  w.requests.clear();
  w.run_until(60h);
  EXPECT_TRUE(w.requests.empty());
}

TEST(restart, a_job_that_was_proven_is_not_asked_for_its_existence) {
  world w(jobs(1));
  w.answer = [](job_index, asks what) { return what == asks::newest ? exists() : absent(); };
  w.run_until(10min);
  w.remember();
  w.restart(jobs(1));
  w.requests.clear();
  w.run_until(1h);
  EXPECT_EQ(std::ranges::count(w.requests, asks::newest, &world::request::what), 0);
}

// --- first polls

TEST(restart, running_builds_are_asked_within_their_interval_and_the_others_spread) {
  options const o = jobs(100, {10min, 5s, 5min});
  world w(o);
  w.answer = [](job_index j, asks) { return j >= 90 ? running() : undecided(); };
  w.run_until(10min);
  w.remember();
  w.restart(o);
  w.requests.clear();
  base::duration const start = w.now();
  w.run_for(20s);
  std::map<long, int> per_second;
  for (auto const& r : w.requests) {
    if (r.job < 90) ++per_second[static_cast<long>((r.at - start) / 1s)];
  }
  for (job_index j = 90; j < 100; ++j) EXPECT_LE(w.requests_of(j).at(0).at, start + 5s) << j;
  for (auto const& [second, n] : per_second) EXPECT_LE(n, 7) << "no burst";
}

// --- outages

TEST(restart, an_outages_clock_goes_on_without_the_time_of_the_stop) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1min ? undecided() : failed(); };
  w.run_until(4min);
  w.remember();
  w.restart(jobs(1, ten), 10h);
  w.run_until(10h + 5min + 59s);
  EXPECT_TRUE(w.events.empty()) << "three minutes of five";
  w.run_until(10h + 6min + 2s);
  ASSERT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_EQ(w.events[0].id,
            model::event_id("huawei", jobs(1).jobs[0].job_id, w.wall_at(1min + 10ms).time_since_epoch().count(),
                            model::event_type::job_unreachable))
      << "the outage began when it began";
}

TEST(restart, an_outage_that_is_over_by_then_is_told_by_nobody) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? failed() : undecided(); };
  w.run_until(4min + 59s);
  w.remember();
  w.restart(jobs(1, ten), 1h);
  w.run_until(3h);
  EXPECT_TRUE(w.events.empty()) << "its deadline was a second away: fresh evidence decides";
}

TEST(restart, a_good_answer_just_before_starts_the_clock_anew) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() > 2min && w.now() < 3min ? undecided() : failed(); };
  run_remembering(w, 5min);
  w.restart(jobs(1, ten));
  w.run_until(8min);
  EXPECT_TRUE(w.events.empty());
  w.run_until(8min + 2s);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

TEST(restart, an_outage_that_was_told_is_not_told_again_and_recovers_once_under_its_id) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 3h ? failed() : undecided(); };
  w.run_until(1h);
  w.restart(jobs(1, ten), 1h);
  EXPECT_EQ(w.engine().counts().unreachable, 1U) << "and is shown";
  w.run_until(170min);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
  w.restart(jobs(1, ten), 1h);
  w.run_until(5h);
  ASSERT_EQ(w.told(), (strings{"job0 job.unreachable", "job0 job.recovered"}));
  EXPECT_EQ(w.events[1].id,
            model::event_id("huawei", jobs(1).jobs[0].job_id, w.wall_at(10ms).time_since_epoch().count(),
                            model::event_type::job_recovered));
  w.restart(jobs(1, ten));
  w.run_until(6h);
  EXPECT_EQ(w.events.size(), 2U);
}

TEST(restart, a_providers_outage_is_one_whatever_restarts) {
  world w(jobs(5, ten));
  w.answer = [&](job_index, asks) { return w.now() < 3h ? failed(fault::no_connection, "down") : undecided(); };
  w.run_until(1h);
  w.restart(jobs(5, ten), 1h);
  w.run_until(170min);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
  w.restart(jobs(5, ten), 1h);
  w.run_until(5h);
  ASSERT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
  EXPECT_EQ(w.events[1].id, model::event_id("huawei", {}, w.wall_at(10ms).time_since_epoch().count(),
                                            model::event_type::provider_recovered));
}

TEST(restart, amid_an_outage_of_all_jobs_it_is_still_the_providers) {
  world w(jobs(3, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1min ? undecided() : failed(); };
  w.run_until(6min - 1s);
  w.remember();
  w.restart(jobs(3, ten), 1h);
  w.run_until(2h);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
}

TEST(restart, a_recovery_that_was_not_stored_is_told_although_all_is_done) {
  world w(jobs(2, ten));
  w.answer = [&](job_index, asks) { return w.now() < 10min ? failed(fault::no_connection, "down") : finished(); };
  w.stores = [&](model::event const& e) { return e.type != model::event_type::provider_recovered; };
  w.run_until(11min);
  w.stores = [](model::event const&) { return true; };
  for (bool const remembered : {true, false}) {
    if (remembered) w.remember();
    w.restart(jobs(2, ten));
    w.run_for(1h);
    EXPECT_EQ(std::ranges::count(w.told(), "provider.recovered"), 1);
  }
  world v(jobs(1, ten));
  v.answer = [&](job_index, asks) { return v.now() < 10min ? failed(fault::no_connection, "down") : finished(); };
  v.stores = [&](model::event const& e) { return e.type != model::event_type::provider_recovered; };
  v.run_until(11min);
  v.stores = [](model::event const&) { return true; };
  v.restart(jobs(1, ten));
  v.run_for(1h);
  EXPECT_EQ(v.told(), (strings{"provider.unreachable", "job0 build.finished", "provider.recovered"}))
      << "its memory says that it fails, and nobody is asked any more";
}

// --- pauses

options with_credential(std::uint32_t mark) {
  options o = jobs(5, {1s, 1s, 10h});
  o.providers[0].credential = mark;
  return o;
}

TEST(restart, does_not_shorten_the_pause_of_refused_credentials) {
  for (std::uint32_t const mark : {0U, 7U}) {
    world w(with_credential(mark));
    w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
    w.run_until(1s);
    ASSERT_EQ(w.requests.size(), 1U);
    for (int i = 0; i < 50; ++i) w.restart(with_credential(mark), 3s);
    EXPECT_TRUE(w.engine().refused(0)) << "so that other credentials are looked for";
    w.run_until(5min - 1s);
    EXPECT_EQ(w.requests.size(), 1U) << "even where it was killed at once";
    EXPECT_EQ(w.logged("provider.refused", base::log_level::error), 2U) << "and the new log says why";
    w.run_until(10min - 1s);
    EXPECT_EQ(w.requests.size(), 2U) << "then one request as a trial";
  }
}

TEST(restart, after_the_pause_asks_one_as_a_trial) {
  world w(with_credential(7));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? failed(fault::refused, "HTTP 401") : running(); };
  w.latency = 5s;
  w.run_until(1s);
  w.restart(with_credential(7), 2h);
  w.requests.clear();
  w.run_for(5s - 1ms);
  EXPECT_EQ(w.requests.size(), 1U);
  w.run_for(1s);
  EXPECT_GT(w.requests.size(), 1U);
  EXPECT_FALSE(w.engine().refused(0));
}

TEST(restart, with_another_credential_ends_the_pause) {
  for (auto const& [before, after] : {std::pair{7U, 8U}, {7U, 0U}, {0U, 8U}}) {
    world w(with_credential(before));
    w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
    w.run_until(1s);
    w.restart(with_credential(after), 10s);
    w.run_for(1s);
    EXPECT_EQ(w.requests.size(), 2U) << before << ' ' << after;
  }
}

TEST(restart, a_pause_is_never_longer_than_five_minutes_whatever_the_wall_clock) {
  world w(with_credential(7));
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_until(1s);
  w.step_wall(-24h * 365);
  w.restart(with_credential(7));
  w.run_for(5min + 1s);
  EXPECT_EQ(w.requests.size(), 2U);
}

TEST(restart, a_pause_that_has_ended_does_not_come_back) {
  options const o = with_credential(7);
  world w(o);
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_for(1min);
  w.answer = [](job_index, asks) { return undecided(); };
  w.renew(0);  // the file of a token was written anew
  w.run_for(1s);
  ASSERT_EQ(w.logged("provider.answered_again"), 1U);
  auto const asked = w.requests.size();
  w.restart(o);  // killed: nothing more was stored
  w.run_for(16s);
  EXPECT_GT(w.requests.size(), asked);
}

TEST(restart, a_pause_counts_as_an_outage_that_goes_on) {
  options o = with_credential(7);
  for (auto& j : o.jobs) j.times = std::make_shared<timing const>(timing{1s, 1s, 4min});
  world w(o);
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  run_remembering(w, 3min);
  w.restart(o);
  w.run_until(4min + 1s);
  ASSERT_EQ(w.told(), strings{"provider.unreachable"}) << "by time, as nothing is asked";
  EXPECT_EQ(w.events[0].reason, "its credentials were refused when it was last asked");
}

}  // namespace
}  // namespace buildwatch::watch::testing

// Contract section 3, "Unreachable": which outages are told, when, whose they are, and how they end.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

timing const ten{10s, 10s, 5min};

TEST(unreachable, a_single_job_is_told_at_its_deadline_with_fresh_evidence) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1min ? running() : failed(); };
  w.run_until(6min);
  EXPECT_EQ(w.told(), strings{"job0 build.started"});
  w.run_until(2h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 job.unreachable"}));
  model::event const& e = w.events[1];
  EXPECT_EQ(e.timestamp, w.wall_at(6min + 20ms)) << "a poll at the deadline decides";
  EXPECT_EQ(e.reason, "HTTP 500");
  EXPECT_FALSE(e.build);
  std::string const job_id = w.engine().settings().jobs[0].job_id.str();
  auto const began = w.wall_at(1min + 10ms).time_since_epoch().count();
  EXPECT_EQ(e.id, model::event_id("huawei", job_id, began, model::event_type::job_unreachable));
}

TEST(unreachable, one_good_answer_starts_the_clock_anew) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() > 2min && w.now() < 3min ? undecided() : failed(); };
  w.run_until(8min);
  EXPECT_TRUE(w.events.empty());
  w.run_until(9min);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

TEST(unreachable, recovers_once_before_what_else_the_answer_tells) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1min ? running() : w.now() < 30min ? failed() : finished(); };
  w.run_until(2h);
  EXPECT_EQ(w.told(),
            (strings{"job0 build.started", "job0 job.unreachable", "job0 job.recovered", "job0 build.finished"}));
  EXPECT_EQ(w.engine().counts().done, 1U);
  EXPECT_EQ(w.events[3].build->last_seen_running, w.wall_at(50s));
  EXPECT_EQ(w.events[3].timestamp, w.events[2].timestamp) << "both by the one answer, not a poll later";
}

TEST(unreachable, a_second_outage_has_another_id) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return (w.now() < 20min || w.now() > 40min) ? failed() : undecided(); };
  w.run_until(2h);
  ASSERT_EQ(w.told(), (strings{"job0 job.unreachable", "job0 job.recovered", "job0 job.unreachable"}));
  EXPECT_NE(w.events[0].id, w.events[2].id);
}

TEST(unreachable, two_of_three_are_told_each) {
  world w(jobs(3, ten));
  w.answer = [](job_index j, asks) { return j < 2 ? failed() : undecided(); };
  w.run_until(2h);
  EXPECT_EQ(w.told(), (strings{"job0 job.unreachable", "job1 job.unreachable"}));
}

TEST(unreachable, all_jobs_are_the_provider) {
  world w(jobs(3, ten));
  w.answer = [&](job_index, asks) { return w.now() < 1min || w.now() > 30min ? undecided() : failed(); };
  w.run_until(29min);
  ASSERT_EQ(w.told(), strings{"provider.unreachable"});
  model::event const& e = w.events[0];
  EXPECT_FALSE(e.job || e.build);
  EXPECT_EQ(e.provider, "huawei");
  EXPECT_EQ(e.reason, "HTTP 500");
  EXPECT_EQ(e.timestamp, w.wall_at(6min + 20ms));
  w.run_until(2h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
  auto const began = w.wall_at(1min + 10ms).time_since_epoch().count();
  EXPECT_EQ(w.events[0].id, model::event_id("huawei", "", began, model::event_type::provider_unreachable));
  EXPECT_EQ(w.events[1].id, model::event_id("huawei", "", began, model::event_type::provider_recovered));
}

TEST(unreachable, a_done_job_does_not_count) {
  world w(jobs(3, ten));
  w.answer = [](job_index j, asks) { return j == 2 ? finished() : failed(); };
  w.run_until(2h);
  EXPECT_EQ(w.told(), (strings{"job2 build.finished", "provider.unreachable"}));
}

TEST(unreachable, the_only_job_left_is_a_job_again) {
  world w(jobs(2, ten));
  w.answer = [](job_index j, asks) { return j == 1 ? finished() : failed(); };
  w.run_until(2h);
  EXPECT_EQ(w.told(), (strings{"job1 build.finished", "job0 job.unreachable"}));
}

TEST(unreachable, no_connection_is_the_providers_even_with_one_job) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) {
    return w.now() < 20min ? failed(fault::no_connection, "connect to 10.0.0.7:443: Connection refused") : undecided();
  };
  w.run_until(1h);
  ASSERT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
  EXPECT_EQ(w.events[0].reason, "connect to 10.0.0.7:443: Connection refused");
}

TEST(unreachable, no_connection_for_many_is_one_event_and_one_line) {
  world w(jobs(200, ten, 1000));
  w.answer = [&](job_index, asks) {
    return w.now() < 1min || w.now() > 1h ? undecided() : failed(fault::no_connection, "connect: refused");
  };
  w.run_until(2h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
  EXPECT_EQ(w.logged("poll.failed", base::log_level::warn), 1U);
}

TEST(unreachable, refused_credentials_are_told_during_the_pause) {
  world w(jobs(50, {10s, 10s, 2min}, 1000));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? failed(fault::refused, "HTTP 401") : undecided(); };
  w.run_until(3min);
  ASSERT_EQ(w.told(), strings{"provider.unreachable"}) << "between two trials: time alone decides";
  EXPECT_EQ(w.events[0].timestamp, w.wall_at(2min + 10ms));
  EXPECT_EQ(w.events[0].reason, "HTTP 401");
  w.run_until(3h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
}

TEST(unreachable, another_credential_ends_the_pause_for_every_job) {
  world w(jobs(3, ten));
  bool right = false;
  w.answer = [&](job_index, asks) { return right ? undecided() : failed(fault::refused, "HTTP 401"); };
  w.run_until(1min);
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_TRUE(w.engine().refused(0));
  right = true;
  w.run_until(2min);
  EXPECT_EQ(w.requests.size(), 1U) << "nobody has said so";
  w.renew(0);
  w.run_until(2min + 30s);
  for (job_index const j : {0U, 1U, 2U}) EXPECT_GE(w.requests_of(j).size(), 2U) << j;
  EXPECT_FALSE(w.engine().refused(0));
  EXPECT_EQ(w.logged("provider.credential_changed"), 1U);
}

TEST(unreachable, a_credential_that_is_wrong_again_pauses_again) {
  world w(jobs(3, ten));
  w.answer = [&](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.run_until(1min);
  w.renew(0);
  w.run_until(5min);
  EXPECT_EQ(w.requests.size(), 2U);
}

TEST(unreachable, throttled_for_long_is_the_providers) {
  world w(jobs(3, ten));
  w.answer = [&](job_index, asks) {
    return w.now() < 1min || w.now() > 2h ? undecided() : failed(fault::throttled, "HTTP 429", 1h);
  };
  w.run_until(59min);
  ASSERT_EQ(w.told(), strings{"provider.unreachable"});
  EXPECT_EQ(w.events[0].timestamp, w.wall_at(6min + 10ms));
  w.run_until(5h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
}

TEST(unreachable, a_pause_counts_for_a_job_that_failed_on_its_own_before) {
  world w(jobs(3, ten));
  w.answer = [&](job_index j, asks) {
    if (j == 0 && w.now() > 1min) return failed();
    return w.now() > 3min ? failed(fault::throttled, "HTTP 429", 1h) : undecided();
  };
  w.run_until(7min);
  ASSERT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_EQ(w.events[0].timestamp, w.wall_at(6min + 10ms));
  w.run_until(50min);
  EXPECT_EQ(w.told(), (strings{"job0 job.unreachable", "provider.unreachable"}));
}

TEST(unreachable, a_job_with_no_connection_beside_a_healthy_one_is_a_job) {
  world w(jobs(2, ten));
  w.answer = [](job_index j, asks) { return j == 0 ? failed(fault::no_connection, "reset") : undecided(); };
  w.run_until(2h);
  ASSERT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_LE(w.events[0].timestamp, w.wall_at(5min + 11s)) << "deferred until its neighbour has answered";
}

TEST(unreachable, a_neighbour_that_stumbles_makes_no_outage_of_the_provider) {
  for (auto const cause : {fault::other, fault::no_connection}) {
    world w(jobs(2, ten));
    int n = 0;
    w.answer = [&](job_index j, asks) { return j == 0 || ++n % 2 == 0 ? failed(cause) : undecided(); };
    w.run_until(5h);
    EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
    EXPECT_LE(w.events[0].timestamp, w.wall_at(5min + 31s));
  }
}

TEST(unreachable, a_neighbour_that_fails_for_good_meanwhile_makes_it_the_providers) {
  world w(jobs(2, ten));
  w.answer = [&](job_index j, asks) { return j == 0 || w.now() > 4min + 50s ? failed() : undecided(); };
  w.run_until(5h);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
  EXPECT_LE(w.events[0].timestamp, w.wall_at(5min + 31s));
}

TEST(unreachable, deferred_to_the_provider_when_nobody_answers_any_more) {
  // job0 fails from 1 min on; job1 answers until 4 min. At job0's deadline it looks like the provider, which has not
  // failed long enough.
  options o = jobs(3, ten);
  world w(o);
  w.answer = [&](job_index j, asks) {
    bool const ok = j == 0 ? w.now() < 1min : w.now() < 4min || w.now() > 1h;
    return ok ? undecided() : failed(fault::no_connection, "down");
  };
  w.run_until(5min + 59s);
  EXPECT_TRUE(w.events.empty());
  w.run_until(50min);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"}) << "and no job.unreachable beside it";
}

TEST(unreachable, a_deferred_job_waits_for_the_providers_deadline) {
  options o = jobs(1, ten);
  o.jobs.push_back(job("slow", {20min, 20min, 5min}));
  world w(o);
  // The slow one answers soon after the start and after 20 min; job0 fails since 17 min. Then nothing answers.
  w.answer = [&](job_index j, asks) {
    bool const ok = j == 0 ? w.now() < 17min : w.now() < 21min;
    return ok ? undecided() : failed(fault::no_connection, "down");
  };
  w.run_until(24min + 50s);
  EXPECT_TRUE(w.events.empty()) << "at 22 min it was deferred: the provider answered at 20 min";
  w.run_until(27min + 1s);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
}

TEST(unreachable, a_provider_that_hangs_at_start_is_one_event) {
  world w(jobs(100, {60s, 15s, 5min}));
  w.latency = 10s;
  w.answer = [](job_index, asks) { return failed(fault::other, "timed out after 10 s"); };
  w.run_until(4h);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
}

TEST(unreachable, a_provider_that_begins_to_hang_under_many_jobs_is_one_event) {
  world w(jobs(3000, {60s, 15s, 5min}, 100));
  w.answer = [&](job_index, asks) {
    if (w.now() < 2min) return undecided();
    w.latency = 10s;
    return failed(fault::other, "timed out after 10 s");
  };
  w.run_until(4h);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"}) << "in five minutes 240 of 3000 have been asked";
}

TEST(unreachable, nothing_new_from_jobs_while_the_provider_is_told) {
  world w(jobs(5, ten));
  w.answer = [&](job_index j, asks) {
    if (w.now() < 30min) return failed(fault::no_connection, "down");
    return j == 0 ? undecided() : failed();
  };
  w.run_until(30min);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"});
  w.run_until(34min);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"})) << "clocks start anew";
  w.run_until(1h);
  EXPECT_EQ(w.told().size(), 6U) << "then the four that still fail, each after its own five minutes";
}

TEST(unreachable, the_clock_of_a_job_that_the_provider_does_not_know_starts_anew_too) {
  world w(jobs(2, ten));
  w.answer = [&](job_index j, asks what) {
    if (w.now() < 10min) return failed(fault::no_connection, "down");
    return j == 1 ? undecided() : what == asks::newest ? failed() : absent();
  };
  w.run_until(15min - 1s);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
  w.run_until(16min);
  EXPECT_EQ(w.told().back(), "job0 job.unreachable");
}

TEST(unreachable, after_the_provider_recovers_jobs_are_asked_within_an_interval) {
  world w(jobs(10, {20s, 20s, 5min}));
  w.answer = [&](job_index, asks) { return w.now() < 1h ? failed(fault::no_connection, "down") : undecided(); };
  w.run_until(3h);
  base::duration back{};
  for (auto const& r : w.requests) {
    if (r.at < 1h) continue;
    if (back == base::duration{}) back = r.at;
  }
  for (job_index j = 0; j < 10; ++j) {
    auto const mine = w.requests_of(j);
    auto const first = std::ranges::find_if(mine, [&](auto const& r) { return r.at >= back; });
    EXPECT_LE(first->at, back + 21s) << "not up to five minutes later";
  }
}

TEST(unreachable, a_job_told_before_recovers_on_its_own_answer) {
  world w(jobs(2, ten));
  w.answer = [&](job_index j, asks) {
    auto const t = w.now();
    if (j == 0) return t < 1h ? failed() : undecided();
    return t > 20min && t < 40min ? failed() : undecided();
  };
  w.run_until(2h);
  EXPECT_EQ(w.told(),
            (strings{"job0 job.unreachable", "provider.unreachable", "provider.recovered", "job0 job.recovered"}));
}

TEST(unreachable, that_can_not_be_stored_is_told_later_under_the_same_id) {
  world w(jobs(1, ten));
  w.answer = [](job_index, asks) { return failed(); };
  w.stores = [&](model::event const&) { return w.now() > 20min; };
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_GE(w.attempts.size(), 3U);
  for (auto const& e : w.attempts) EXPECT_EQ(e.id, w.attempts[0].id);
}

TEST(unreachable, a_providers_that_can_not_be_stored_is_told_later_too) {
  world w(jobs(3, ten));
  w.answer = [](job_index, asks) { return failed(fault::refused, "HTTP 401"); };
  w.stores = [&](model::event const&) { return w.now() > 8min; };
  w.run_until(9min);
  EXPECT_EQ(w.told(), strings{"provider.unreachable"}) << "in the pause, without a poll";
  EXPECT_LE(w.attempts.size(), 25U);
}

TEST(unreachable, a_recovery_that_can_not_be_stored_is_told_later) {
  world w(jobs(2, ten));
  w.answer = [&](job_index, asks) { return w.now() < 10min ? failed() : undecided(); };
  w.stores = [&](model::event const&) { return w.now() < 10min || w.now() > 20min; };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "provider.recovered"}));
}

TEST(unreachable, a_recovery_is_told_even_if_the_last_build_ended_with_it) {
  world w(jobs(1, ten));
  w.answer = [&](job_index, asks) { return w.now() < 10min ? failed(fault::no_connection, "down") : finished(); };
  w.stores = [&](model::event const& e) { return e.type != model::event_type::provider_recovered || w.now() > 20min; };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"provider.unreachable", "job0 build.finished", "provider.recovered"}));
}

TEST(unreachable, each_job_has_its_own_patience_and_the_provider_the_smallest) {
  options o = jobs(1, {10s, 10s, 1min});
  o.jobs.push_back(job("patient", {10s, 10s, 1h}));
  world w(o);
  w.answer = [](job_index j, asks) { return j == 1 ? failed() : undecided(); };
  w.run_until(59min);
  EXPECT_TRUE(w.events.empty());
  w.run_until(2h);
  EXPECT_EQ(w.told(), strings{"patient job.unreachable"});

  world v(o);
  v.answer = [](job_index, asks) { return failed(fault::no_connection, "down"); };
  v.run_until(2min);
  EXPECT_EQ(v.told(), strings{"provider.unreachable"});
}

TEST(unreachable, the_wall_clock_does_not_matter) {
  world w(jobs(1, ten));
  w.answer = [](job_index, asks) { return failed(); };
  w.run_until(1min);
  w.step_wall(48h);
  w.run_until(4min);
  EXPECT_TRUE(w.events.empty());
  w.step_wall(-96h);
  w.run_until(6min);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

}  // namespace
}  // namespace buildwatch::watch::testing

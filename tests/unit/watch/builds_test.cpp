// Contract section 3, the bullets about `build: N`: what is told of a build, and when it is asked about.
#include <gtest/gtest.h>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

using strings = std::vector<std::string>;

TEST(builds, running_then_finished_is_told_once_each_and_polled_no_more) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 100s ? running() : finished("FAILURE"); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.requests.size(), 8U);  // 0, 15, … 105
  EXPECT_EQ(w.engine().counts().done, 1U);
  EXPECT_EQ(w.engine().next_due(), base::time_point::max());
  model::build const& b = *w.events[1].build;
  EXPECT_EQ(b.outcome, model::outcome::failure);
  EXPECT_EQ(b.result, "FAILURE");
  EXPECT_EQ(b.last_seen_running, w.wall_at(90s));
  EXPECT_EQ(b.first_seen_finished, w.wall_at(105s + 10ms));
  EXPECT_EQ(b.finished_at, w.wall_at(97s + 505ms));
}

TEST(builds, events_name_the_job_and_keep_their_id) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 20s ? running() : finished(); };
  w.run_until(1min);
  ASSERT_EQ(w.events.size(), 2U);
  model::event const& e = w.events[1];
  std::string const job_id = w.engine().settings().jobs[0].job_id.str();
  EXPECT_EQ(e.provider, "huawei");
  EXPECT_EQ(e.job->name, "job0");
  EXPECT_EQ(e.job->provider, "huawei");
  EXPECT_EQ(e.job->job_id, job_id);
  EXPECT_EQ(e.job->labels, (model::labels{{"team", "firmware"}}));
  EXPECT_EQ(e.id, model::event_id("huawei", job_id, 42, model::event_type::build_finished));
  EXPECT_EQ(w.events[0].id, model::event_id("huawei", job_id, 42, model::event_type::build_started));
  EXPECT_EQ(e.timestamp, w.wall_at(30s + 10ms));
  EXPECT_EQ(e.build->region, "cn-north-4");
  EXPECT_FALSE(e.reason || e.change || e.previous || e.test);
}

TEST(builds, first_seen_finished_is_told_once_as_finished) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return finished(); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_FALSE(w.events[0].build->last_seen_running || w.events[0].build->finished_at);
}

TEST(builds, running_is_asked_at_building_and_waiting_at_idle) {
  world w(jobs(1));
  w.answer = [&](job_index, asks what) {
    if (what == asks::newest) return exists();
    return w.now() < 200s ? absent() : running();
  };
  w.run_until(280s);
  std::vector<base::duration> times;
  for (auto const& r : w.requests) times.push_back(r.at);
  EXPECT_EQ(times, (std::vector<base::duration>{0s, 10ms, 60s, 120s, 180s, 240s, 255s, 270s}));
  EXPECT_EQ(w.told(), strings{"job0 build.started"});
}

TEST(builds, settling_is_asked_at_building_and_told_after_sixty_seconds) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 40s ? running() : undecided(); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  model::build const& b = *w.events[1].build;
  EXPECT_EQ(b.outcome, model::outcome::unknown);
  EXPECT_EQ(b.result, "");
  EXPECT_EQ(b.last_seen_running, w.wall_at(30s));
  EXPECT_EQ(b.first_seen_finished, w.wall_at(45s + 10ms));
  EXPECT_EQ(w.events[1].timestamp, w.wall_at(105s + 10ms)) << "asked at the end of settling, not an interval later";
}

TEST(builds, the_end_of_settling_is_asked_for_in_time_however_long_the_interval) {
  world w(jobs(1, {1h, 1h, 3h}));
  w.answer = [&](job_index, asks) { return w.now() < 30min ? running() : undecided(); };
  w.run_until(2h);
  ASSERT_EQ(w.events.size(), 2U);
  EXPECT_EQ(w.events[1].timestamp, w.wall_at(1h + 60s + 20ms));
}

TEST(builds, settling_that_runs_again_is_no_end) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) {
    auto const t = w.now();
    if (t < 40s || (t > 80s && t < 130s)) return running();
    return t < 200s ? undecided() : finished("ABORTED");
  };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->outcome, model::outcome::unknown);  // 135 to 195 s: settled before the word came
}

TEST(builds, settling_that_ends_properly_is_that_end) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) {
    return w.now() < 40s ? running() : w.now() < 80s ? undecided() : finished("UNSTABLE");
  };
  w.run_until(1h);
  ASSERT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.events[1].build->outcome, model::outcome::unstable);
  EXPECT_EQ(w.events[1].build->last_seen_running, w.wall_at(30s));
  EXPECT_EQ(w.events[1].build->first_seen_finished, w.wall_at(90s + 10ms));
}

TEST(builds, a_queued_one_is_asked_at_idle_and_let_go_after_a_day) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return undecided(); };
  w.run_until(10min);
  EXPECT_EQ(w.requests.size(), 11U);
  EXPECT_EQ(w.engine().counts().queued, 1U);
  w.run_until(72h);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.logged("build.let_go", base::log_level::warn), 1U);
  EXPECT_EQ(w.engine().counts().done, 1U);
  EXPECT_LE(w.requests.size(), 24U * 60 + 2);
}

TEST(builds, a_running_one_that_vanishes_is_waited_for_and_logged_once) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 10s ? running() : w.now() < 30min ? absent() : finished(); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 build.started", "job0 build.finished"}));
  EXPECT_EQ(w.logged("build.gone"), 1U);
  EXPECT_LE(w.requests.size(), 35U) << "at idle";
}

TEST(builds, wall_clock_steps_between_running_and_finished_change_no_interval) {
  for (auto const step : {-3600s, 7200s}) {
    world w(jobs(1));
    w.answer = [&](job_index, asks) { return w.now() < 20s ? running() : finished(); };
    w.run_until(16s);
    w.step_wall(step);
    w.run_until(1min);
    model::build const& b = *w.events[1].build;
    EXPECT_EQ(*b.first_seen_finished - *b.last_seen_running, 15s + 10ms);
    EXPECT_EQ(b.first_seen_finished, w.wall_at(30s + 10ms) + step);
    EXPECT_EQ(w.events[1].timestamp, b.first_seen_finished);
    EXPECT_EQ(w.requests.size(), 3U) << "and no poll was early or late";
  }
}

// --- does the job exist at all?

TEST(existence, is_asked_once_then_the_build_is_waited_for_quietly) {
  world w(jobs(1));
  w.answer = [&](job_index, asks what) {
    return what == asks::newest ? exists() : w.now() < 10min ? absent() : finished();
  };
  w.run_until(1h);
  EXPECT_EQ(std::ranges::count(w.requests, asks::newest, &world::request::what), 1);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
  EXPECT_TRUE(w.logs.empty());
}

TEST(existence, that_can_not_be_asked_is_assumed_and_logged_once) {
  world w(jobs(1));
  w.answer = [&](job_index, asks what) {
    observation o = seen_as(sight::refused_call);
    o.text = "HTTP 403 APIGW.0302";
    return what == asks::newest ? o : w.now() < 10min ? absent() : finished();
  };
  w.run_until(1h);
  EXPECT_EQ(std::ranges::count(w.requests, asks::newest, &world::request::what), 1);
  EXPECT_EQ(w.logged("job.unverified"), 1U);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"});
}

TEST(existence, of_a_job_that_answered_well_is_not_asked) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 10s ? undecided() : absent(); };
  w.run_until(1h);
  EXPECT_EQ(std::ranges::count(w.requests, asks::newest, &world::request::what), 0);
  EXPECT_TRUE(w.logs.empty());
}

observation no_such_job() {
  observation o = seen_as(sight::no_such_job);
  o.text = "HTTP 404 CB.00060301: no job";
  return o;
}

TEST(existence, not_found_is_logged_once_and_unreachable_with_that_reason) {
  world w(jobs(1));
  w.answer = [](job_index, asks what) { return what == asks::newest ? no_such_job() : absent(); };
  w.run_until(4min);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.engine().counts().not_found, 1U);
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_EQ(w.events[0].reason, "not_found: HTTP 404 CB.00060301: no job");
  EXPECT_EQ(w.events[0].timestamp, w.wall_at(5min + 40ms))
      << "first known after two answers, asked again at the deadline";
  EXPECT_EQ(w.logged("job.not_found", base::log_level::error), 1U);
  EXPECT_EQ(w.engine().counts().not_found, 1U);
}

TEST(existence, found_after_all_recovers_and_is_watched) {
  world w(jobs(1));
  w.answer = [&](job_index, asks what) {
    if (w.now() > 20min) return running();
    return what == asks::newest ? no_such_job() : absent();
  };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 job.unreachable", "job0 job.recovered", "job0 build.started"}));
  EXPECT_EQ(w.logged("job.found"), 1U);
}

TEST(existence, not_found_is_an_answer_of_the_provider) {
  world w(jobs(2));
  w.answer = [](job_index, asks what) { return what == asks::newest ? no_such_job() : absent(); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), (strings{"job0 job.unreachable", "job1 job.unreachable"}));
}

TEST(existence, a_failed_answer_is_a_failed_poll) {
  world w(jobs(1));
  w.answer = [](job_index, asks what) { return what == asks::newest ? failed() : absent(); };
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
  EXPECT_EQ(w.events[0].reason, "HTTP 500");
}

TEST(existence, an_answer_to_another_question_is_a_failed_poll) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return exists(); };
  w.run_until(10min);
  EXPECT_EQ(w.told(), strings{"job0 job.unreachable"});
}

// --- a transition is a fact when it is stored

TEST(journal, that_fails_is_asked_again_and_told_once_under_one_id) {
  world w(jobs(1));
  w.answer = [&](job_index, asks) { return w.now() < 40s ? running() : finished(); };
  w.stores = [&](model::event const&) { return w.now() > 5min; };
  w.run_until(5min);
  EXPECT_TRUE(w.events.empty());
  EXPECT_EQ(w.logged("journal.failed", base::log_level::error), 5U) << "once a minute";
  w.run_until(1h);
  EXPECT_EQ(w.told(), strings{"job0 build.finished"}) << "what was never stored to run has no start";
  EXPECT_EQ(w.attempts.back().id, w.attempts[w.attempts.size() - 2].id);
  EXPECT_EQ(w.events[0].build->last_seen_running, w.wall_at(30s));
  EXPECT_EQ(w.events[0].build->first_seen_finished, w.wall_at(45s + 10ms)) << "seen then, if not told";
}

TEST(journal, while_it_fails_a_job_is_asked_at_its_interval_only) {
  world w(jobs(1));
  w.answer = [](job_index, asks) { return finished(); };
  w.stores = [](model::event const&) { return false; };
  w.run_until(10min - 1s);
  EXPECT_EQ(w.requests.size(), 10U);
  EXPECT_EQ(w.engine().counts().done, 0U);
}

TEST(journal, one_transition_of_a_job_at_a_time) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(1), {}, clock.at);
  e.tick(clock.at, out);
  ASSERT_EQ(out.asks.size(), 1U);
  observation const seen = running();
  e.answer({0, clock.at, seen}, clock.at, out);
  ASSERT_EQ(out.commits.size(), 1U);
  std::uint64_t const token = out.commits[0].token;
  out.clear();
  clock.advance(1h);
  e.tick(clock.at, out);
  EXPECT_TRUE(out.asks.empty()) << "held while its start is being stored";
  EXPECT_EQ(e.next_due(), base::time_point::max());
  e.settle({token, true, {}}, clock.at, out);
  EXPECT_EQ(out.asks.size(), 1U);
  e.settle({token, true, {}}, clock.at, out);
  EXPECT_EQ(out.asks.size(), 1U) << "a second word about the same commit is none";
}

TEST(stop, asks_nothing_more_but_keeps_what_comes_in) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(2), {}, clock.at);
  e.tick(clock.at, out);
  e.stop();
  clock.advance(1h);
  out.clear();
  observation const good = finished();
  e.answer({0, clock.at, good}, clock.at, out);
  e.tick(clock.at, out);
  EXPECT_EQ(out.commits.size(), 1U);
  EXPECT_TRUE(out.asks.empty());
  EXPECT_EQ(e.next_due(), base::time_point::max());
}

TEST(stop, cuts_polls_short_without_calling_that_a_failure) {
  commands out;
  buildwatch::testing::manual_clock clock;
  engine e(jobs(1), {}, clock.at);
  e.tick(clock.at, out);
  e.stop();
  out.clear();
  observation const cut = failed(fault::other, "stopped");
  e.answer({0, clock.at, cut}, clock.at, out);
  EXPECT_TRUE(out.logs.empty() && out.commits.empty());
}

}  // namespace
}  // namespace buildwatch::watch::testing

// What must hold in every random world.
#include "unit/watch/random_world.hpp"

namespace buildwatch::watch::testing {
namespace {

bool good(truth const& t, asks what, sight s) {
  return s != sight::failed && s != sight::no_such_job &&
         (what == asks::newest || s != sight::no_such_build || t.proven);
}

}  // namespace

void random_world::note(truth& t, asks what, observation const& seen) {
  if (what == asks::list || what == asks::record) return;  // nothing hangs on them
  if (good(t, what, seen.sight)) {
    t.proven = true;
    t.failing_since = base::time_point::max();
  } else if (seen.sight != sight::no_such_build) {
    t.failing_since = std::min(t.failing_since, clock_.at.mono);
  }
}

void random_world::note_refusal(flight const& f, observation const& seen) {
  provider_truth& p = providers_[f.provider];
  if (seen.sight != sight::failed || seen.fault != fault::refused || f.sent.mono <= p.refused_at) return;
  p.quiet_until = std::max(p.quiet_until, clock_.at.mono + 5min);
  p.refused_at = clock_.at.mono;
}

void random_world::check_ask(ask const& a, std::size_t job, std::size_t provider) {
  provider_options const& how = settings_.providers[a.provider];
  provider_truth& p = providers_[provider];
  ASSERT_EQ(a.query.job_id, settings_.jobs[a.job].job_id.view());
  if (a.query.what != asks::list) {
    ASSERT_EQ(a.query.build, job_settings_[job].build);
  }
  ASSERT_TRUE(asked_.insert(job).second) << "two requests of job" << job;
  ASSERT_EQ(truths_[job].storing, 0) << "asked while a transition is being stored";
  ASSERT_EQ(truths_[job].finished, 0) << "a finished build is asked";
  ASSERT_GE(clock_.at.mono, p.quiet_until) << "asked in a pause";
  ASSERT_GE(clock_.at.mono, a.due);
  ASSERT_LE(++p.in_flight, how.connections);
  p.sent.push_back(clock_.at.mono);
  // Any window: at most the rate and a burst. Checking against a bucket of exact arithmetic is the same.
  double const burst = std::max(1.0, how.rate_per_second);
  while (p.sent.size() > 400) p.sent.pop_front();
  for (std::size_t i = 0; i < p.sent.size(); i += 7) {
    double const window = std::chrono::duration<double>(p.sent.back() - p.sent[i]).count();
    ASSERT_LE(static_cast<double>(p.sent.size() - i), how.rate_per_second * window + burst + 1e-6);
  }
}

void random_world::check_commit(model::event const& e) {
  if (e.job) {
    truth const& t = truths_[number(e.job->job_id, 3)];
    ASSERT_EQ(t.storing, 0) << "two transitions of one job under way";
    ASSERT_EQ(t.finished, 0) << "a finished build is final";
  }
  if (e.type != model::event_type::provider_recovered) return;
  for (std::size_t i = 0; i < truths_.size(); ++i) {
    if (job_settings_[i].provider == number(e.provider, 1)) truths_[i].failing_since = base::time_point::max();
  }
}

void random_world::count(transition const& what) {
  model::event const& e = what.event;
  ASSERT_TRUE(ids_.insert(e.id).second) << "stored twice: " << to_string(e.type);
  using model::event_type;
  switch (e.type) {
    case event_type::build_started:
    case event_type::build_finished: count_build(e); break;
    case event_type::job_unreachable:
    case event_type::job_recovered: count_outage(e, what.job->reach, truths_[number(e.job->job_id, 3)].outages); break;
    case event_type::provider_unreachable:
    case event_type::provider_recovered:
      count_outage(e, what.provider->reach, providers_[number(e.provider, 1)].outages);
      break;
    case event_type::build_overdue: FAIL();
  }
}

void random_world::count_outage(model::event const& e, reach_memory const& known, outage_truth& of) {
  bool const begins = e.type == model::event_type::job_unreachable || e.type == model::event_type::provider_unreachable;
  ASSERT_EQ(of.balance, begins ? 0 : 1) << to_string(e.type);
  of.balance = begins ? 1 : 0;
  if (begins) of.begin = known.told_begin;
  std::string const job_id = e.job ? e.job->job_id : std::string();
  EXPECT_EQ(e.id, model::event_id(e.provider, job_id, of.begin.time_since_epoch().count(), e.type))
      << "of another outage than the one that was told";
}

void random_world::count_build(model::event const& e) {
  truth& t = truths_[number(e.job->job_id, 3)];
  model::build const& b = *e.build;
  ++(e.type == model::event_type::build_started ? t.started : t.finished);
  if (b.building) return;
  EXPECT_LE(*b.first_seen_finished, e.timestamp);
  if (!b.last_seen_running) return;
  EXPECT_LE(*b.last_seen_running, *b.first_seen_finished);
  EXPECT_GE(*b.finished_at, *b.last_seen_running);
  EXPECT_LE(*b.finished_at, *b.first_seen_finished);
}

// A job that fails for its time, and its provider's time if it was deferred, and a little for polls and commits under
// way, is told of.
void random_world::check_that_nothing_is_missed() {
  if (perils_.journal_fails || clock_.at.mono < grace_until_) return;
  for (std::size_t i = 0; i < truths_.size(); ++i) {
    truth const& t = truths_[i];
    bool const told = t.outages.balance > 0 || providers_[job_settings_[i].provider].outages.balance > 0;
    if (!t.present || t.failing_since == base::time_point::max() || told) continue;
    base::duration shortest = base::duration::max();
    for (std::size_t j = 0; j < truths_.size(); ++j) {
      if (!truths_[j].present || job_settings_[j].provider != job_settings_[i].provider) continue;
      shortest = std::min(shortest, job_settings_[j].times->unreachable_after);
    }
    base::duration const longest = job_settings_[i].times->unreachable_after + shortest + 30s;
    ASSERT_LE(clock_.at.mono - t.failing_since, longest) << "job" << i << " fails, and nobody was told";
  }
}

/// What the oracle knew before a crash, as far as the engine was bound to know it afterwards.
void random_world::survive(base::time_point crashed) {
  grace_until_ = clock_.at.mono + 5min;
  for (truth& t : truths_) {
    if (t.failing_since == base::time_point::max()) continue;
    // What it had lasted when that was stored; later, and while nobody watched, does not count.
    base::duration const lasted = std::max(remembered_ - t.failing_since, base::duration::zero());
    t.failing_since = clock_.at.mono - lasted;
  }
  for (provider_truth& p : providers_) {
    p.in_flight = 0;
    p.sent.clear();
    // The wall clock counts milliseconds.
    p.quiet_until = pauses_kept_ && p.quiet_until > crashed ? p.quiet_until - 2ms : base::time_point::min();
  }
}

void random_world::conclude() {
  for (std::size_t i = 0; i < truths_.size(); ++i) {
    EXPECT_EQ(truths_[i].finished, 1) << "job" << i << " was missed or told twice";
    EXPECT_LE(truths_[i].started, 1);
    EXPECT_EQ(truths_[i].outages.balance, 0) << "an outage of job" << i << " was left open";
  }
  for (provider_truth const& p : providers_) EXPECT_EQ(p.outages.balance, 0) << "a provider's outage was left open";
  EXPECT_EQ(engine_->counts().done, truths_.size());
}

}  // namespace buildwatch::watch::testing

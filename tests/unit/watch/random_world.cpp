// Time in a random world, and what comes with it.
#include "unit/watch/random_world.hpp"

namespace buildwatch::watch::testing {

random_world::random_world(std::uint64_t seed, perils what) : random_(seed), perils_(what) {
  invent();
  settings_ = configured();
  engine_.emplace(settings_, memory{}, clock_.at);
  next_minute_ = clock_.at.mono + 1min;
}

void random_world::play() {
  base::time_point const end = clock_.at.mono + 3h;
  while (clock_.at.mono < end) {
    step(end);
    if (::testing::Test::HasFatalFailure()) return;
    if (perils_.crashes && one_in(500)) crash();
    if (perils_.reloads && one_in(300)) reload();
    if (::testing::Test::HasFatalFailure()) return;
  }
  calm_ = true;
  base::time_point const settled = clock_.at.mono + 10s;
  while (clock_.at.mono < settled) step(settled);
  for (truth& t : truths_) t.present = true;
  if (perils_.reloads) reload();
  base::time_point const last = clock_.at.mono + 30h;
  while (clock_.at.mono < last) step(last);
  conclude();
}

void random_world::step(base::time_point end) {
  base::time_point next = std::min({engine_->next_due(), end, next_minute_});
  if (!flights_.empty()) next = std::min(next, flights_.begin()->first);
  if (!commits_.empty()) next = std::min(next, commits_.begin()->first);
  advance(std::max(next, clock_.at.mono));
  while (!flights_.empty() && flights_.begin()->first <= clock_.at.mono) {
    flight const f = flights_.begin()->second;
    flights_.erase(flights_.begin());
    land(f);
  }
  while (!commits_.empty() && commits_.begin()->first <= clock_.at.mono) {
    commit_under_way s = std::move(commits_.begin()->second);
    commits_.erase(commits_.begin());
    settle(s);
  }
  if (next_minute_ <= clock_.at.mono) {
    next_minute_ = clock_.at.mono + 1min;
    remember();
  }
  engine_->tick(clock_.at, out_);
  take();
  ASSERT_GT(engine_->next_due(), clock_.at.mono) << "it would spin";
  check_that_nothing_is_missed();
}

void random_world::advance(base::time_point t) {
  if (!calm_ && one_in(500)) {
    stepped_ += std::chrono::milliseconds(static_cast<long>(pick(7'200'000)) - 3'600'000);
    pauses_kept_ = false;
  }
  base::duration const since = t - base::time_point{1h};
  clock_.at = {t, first_wall_ + stepped_ + std::chrono::duration_cast<std::chrono::milliseconds>(since)};
}

void random_world::remember() {
  memory const m = engine_->changed(clock_.at);
  if (perils_.journal_fails && !calm_ && one_in(3)) {
    engine_->unremembered();
    pauses_kept_ = false;
    return;
  }
  stored_.put(m);
  remembered_ = clock_.at.mono;
  pauses_kept_ = true;
}

/// Of what the journal has been given, some is stored, though the engine never hears of it.
void random_world::crash() {
  base::time_point const crashed = clock_.at.mono;
  flights_.clear();
  asked_.clear();
  for (auto& [when, s] : commits_) {
    --storing(s.what.what.event);
    if (!s.stored || one_in(2)) continue;
    stored_.put(s.what.what);
    count(s.what.what);
    if (s.what.what.provider) pauses_kept_ = false;  // it may be older than what was remembered
  }
  commits_.clear();
  out_ = {};
  bool const kept = pauses_kept_;
  advance(clock_.at.mono + base::duration(pick(one_in(5) ? 7'200'000 : 20'000)) * 1'000'000);
  pauses_kept_ = kept && pauses_kept_;
  survive(crashed);
  if (perils_.reloads && one_in(2)) change_settings();
  settings_ = configured();
  engine_.emplace(settings_, stored_.all(), clock_.at);
  pauses_kept_ = false;
}

void random_world::reload() {
  remember();
  if (!calm_) change_settings();
  grace_until_ = std::max(grace_until_, clock_.at.mono + 5min);
  settings_ = configured();
  reindexed const moved = engine_->reconfigure(settings_, stored_.all(), clock_.at, out_);
  for (auto& [when, f] : flights_) {
    if (!f.of_no_provider) f.question.provider = moved.providers[f.question.provider];
    if (!f.of_nobody) f.question.job = moved.jobs[f.question.job];
    f.of_no_provider = f.question.provider == reindexed::gone;
    f.of_nobody = f.question.job == reindexed::gone;
    if (f.of_nobody && truths_[f.job].present) asked_.erase(f.job);  // another build of it is watched now
  }
  take();
}

void random_world::take() {
  commands const todo = std::exchange(out_, {});
  if (todo.remember) remember();
  for (ask const& a : todo.asks) sent(a);
  for (commit const& c : todo.commits) {
    check_commit(c.what.event);
    ++storing(c.what.event);
    bool const stored = calm_ || !perils_.journal_fails || !one_in(5);
    commits_.emplace(clock_.at.mono + base::duration(pick(2'000'000'000)), commit_under_way{c, stored});
  }
  for (watch::note const& n : todo.notes) {
    bool const stored = calm_ || !perils_.journal_fails || !one_in(5);
    if (stored) stored_.put(n.what);
    engine_->settle({n.token, stored, {}}, clock_.at, out_);
  }
  for (recall const& r : todo.recalls) engine_->take(recalled{r.token, {}}, clock_.at, out_);
  if (!todo.notes.empty() || !todo.recalls.empty()) take();
}

void random_world::sent(ask const& a) {
  std::size_t const k = number(settings_.jobs[a.job].job_id, 3);
  std::size_t const provider = number(settings_.providers[a.provider].name, 1);
  check_ask(a, k, provider);
  flight f;
  f.question = a;
  f.sent = clock_.at;
  f.job = k;
  f.provider = provider;
  flights_.emplace(clock_.at.mono + base::duration(1 + pick(pick(20) ? 300'000'000 : 20'000'000'000)), f);
}

void random_world::land(flight const& f) {
  if (!f.of_no_provider) --providers_[f.provider].in_flight;
  if (f.of_nobody) {
    if (!f.of_no_provider) engine_->forget(f.question.provider, clock_.at, out_);
    take();
    return;
  }
  observation const seen = what_is_seen(truths_[f.job], f.question.query.what);
  asked_.erase(f.job);
  note_refusal(f, seen);
  note(truths_[f.job], f.question.query.what, seen);
  engine_->answer({f.question.job, f.sent, seen}, clock_.at, out_);
  take();
}

void random_world::settle(commit_under_way& s) {
  --storing(s.what.what.event);
  if (s.stored) {
    stored_.put(s.what.what);
    count(s.what.what);
  }
  engine_->settle({s.what.token, s.stored, {}}, clock_.at, out_);
  take();
}

observation random_world::what_is_seen(truth const& t, asks what) {
  base::duration const now = clock_.at.mono.time_since_epoch();
  if (!calm_ && (outage_ = outage_ ? pick(60) != 0 : pick(150) == 0, outage_)) {
    constexpr fault kinds[] = {fault::other, fault::no_connection, fault::throttled, fault::refused};
    return failed(kinds[pick(4)], "E" + std::to_string(pick(3)),
                  pick(2) ? std::optional<base::duration>(base::duration(pick(90)) * 1'000'000'000) : std::nullopt);
  }
  if (what == asks::list || what == asks::record) {
    if (one_in(3)) return seen_as(sight::refused_call);
    if (!calm_ && one_in(3)) return failed(fault::other, "HTTP 500");
    return seen_as(what == asks::list ? sight::job_exists : sight::record);
  }
  if (what == asks::newest) {
    if (!calm_ && pick(5) == 0) return seen_as(sight::no_such_job);
    return pick(4) == 0 ? seen_as(sight::refused_call) : exists();
  }
  if (now < t.starts) return pick(2) ? absent() : undecided();
  if (now < t.ends) return !calm_ && pick(10) == 0 ? undecided() : running();
  return !calm_ && pick(4) == 0 ? undecided() : finished(pick(2) ? "SUCCESS" : "FAILURE");
}

}  // namespace buildwatch::watch::testing

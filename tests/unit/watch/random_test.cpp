// Seeded runs of the engine against random worlds and an oracle: what must hold whatever happens. A failing seed is
// printed.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "unit/watch/harness.hpp"

namespace buildwatch::watch::testing {
namespace {

// What a job's build really does, and what was told of it.
struct truth {
  base::duration starts{}, ends{};
  bool pending = false;           // a commit of it is under way
  int started = 0, finished = 0;  // stored
  int balance = 0;                // unreachable less recovered
  bool proven = false;
  base::time_point failing_since = base::time_point::max();  // as far as a clock of it may have started
};

class run {
 public:
  explicit run(std::uint64_t seed)
      : random_(seed), settings_(make_options()), engine_(settings_, {}, clock_.at), stores_well_(seed % 2 == 0) {
    for (std::size_t i = 0; i < settings_.jobs.size(); ++i) {
      truth t;
      t.starts = base::duration(pick(600'000)) * 1'000'000;
      t.ends = t.starts + base::duration(1 + pick(1'200'000)) * 1'000'000;
      truths_.push_back(t);
    }
    sent_.resize(settings_.providers.size());
    in_flight_.resize(settings_.providers.size());
    quiet_until_.resize(settings_.providers.size(), base::time_point::min());
    balance_.resize(settings_.providers.size());
  }

  void play() {
    base::time_point const end = clock_.at.mono + 3h;
    while (clock_.at.mono < end) {
      step(end);
      if (::testing::Test::HasFatalFailure()) return;
    }
    calm_ = true;
    base::time_point const last = clock_.at.mono + 30h;
    while (clock_.at.mono < last) step(last);
    conclude();
  }

 private:
  struct flight {
    ask question;
    base::instant sent;
  };
  struct storing {
    commit what;
    bool stored;
  };

  std::uint64_t pick(std::uint64_t n) { return random_() % n; }

  options make_options() {
    options o;
    std::size_t const providers = 1 + pick(3);
    for (std::size_t i = 0; i < providers; ++i) {
      o.providers.push_back(
          {"p" + std::to_string(i), static_cast<unsigned>(1 + pick(6)), 0.5 + static_cast<double>(pick(40)), true, 0});
    }
    std::size_t const n = 1 + pick(12);
    for (std::size_t i = 0; i < n; ++i) {
      timing t{1s + base::duration(pick(60)) * 1'000'000'000, 50ms + base::duration(pick(30'000)) * 1'000'000,
               1s + base::duration(pick(600)) * 1'000'000'000};
      o.jobs.push_back(job("job" + std::to_string(i), t, static_cast<std::uint32_t>(pick(providers))));
    }
    return o;
  }

  void step(base::time_point end) {
    base::time_point next = std::min(engine_.next_due(), end);
    if (!landings_.empty()) next = std::min(next, landings_.begin()->first);
    if (!settlements_.empty()) next = std::min(next, settlements_.begin()->first);
    advance(std::max(next, clock_.at.mono));
    while (!landings_.empty() && landings_.begin()->first <= clock_.at.mono) {
      flight const f = landings_.begin()->second;
      landings_.erase(landings_.begin());
      land(f);
    }
    while (!settlements_.empty() && settlements_.begin()->first <= clock_.at.mono) {
      storing const s = settlements_.begin()->second;
      settlements_.erase(settlements_.begin());
      settle(s);
    }
    engine_.tick(clock_.at, out_);
    take();
    ASSERT_GT(engine_.next_due(), clock_.at.mono) << "it would spin";
    if (stores_well_) check_that_nothing_is_missed();
  }

  void advance(base::time_point t) {
    clock_.advance(t - clock_.at.mono);
    if (!calm_ && pick(500) == 0)
      clock_.at.wall += std::chrono::milliseconds(static_cast<long>(pick(7'200'000)) - 3'600'000);
  }

  observation what_is_seen(truth const& t, asks what) {
    base::duration const now = clock_.at.mono - base::time_point{1h};
    if (!calm_ && (outage_ = outage_ ? pick(60) != 0 : pick(150) == 0, outage_)) {
      constexpr fault kinds[] = {fault::other, fault::no_connection, fault::throttled, fault::refused};
      return failed(kinds[pick(4)], "E" + std::to_string(pick(3)),
                    pick(2) ? std::optional<base::duration>(base::duration(pick(90)) * 1'000'000'000) : std::nullopt);
    }
    if (what == asks::job) {
      if (!calm_ && pick(5) == 0) return seen_as(sight::no_such_job);
      return pick(4) == 0 ? seen_as(sight::refused_call) : exists();
    }
    if (now < t.starts) return pick(2) ? absent() : undecided();
    if (now < t.ends) return !calm_ && pick(10) == 0 ? undecided() : running();
    return !calm_ && pick(4) == 0 ? undecided() : finished(pick(2) ? "SUCCESS" : "FAILURE");
  }

  void land(flight const& f) {
    provider_index const p = f.question.provider;
    observation const seen = what_is_seen(truths_[f.question.job], f.question.query.what);
    --in_flight_[p];
    asked_.erase(f.question.job);
    if (seen.sight == sight::failed && seen.fault == fault::refused) {
      quiet_until_[p] =
          std::max(quiet_until_[p], f.sent.mono > refused_at_[p] ? clock_.at.mono + 5min : base::time_point::min());
      if (f.sent.mono > refused_at_[p]) refused_at_[p] = clock_.at.mono;
    }
    note(truths_[f.question.job], f.question.query.what, seen);
    engine_.answer({f.question.job, f.sent, seen}, clock_.at, out_);
    take();
  }

  static bool good(truth const& t, asks what, sight s) {
    return s != sight::failed && s != sight::no_such_job &&
           (what == asks::job || s != sight::no_such_build || t.proven);
  }

  void note(truth& t, asks what, observation const& seen) {
    if (good(t, what, seen.sight)) {
      t.proven = true;
      t.failing_since = base::time_point::max();
    } else if (seen.sight != sight::no_such_build) {
      t.failing_since = std::min(t.failing_since, clock_.at.mono);
    }
  }

  // A job that fails for its time, and its provider's time if it was deferred, and a little for polls and commits under
  // way, is told of.
  void check_that_nothing_is_missed() {
    for (std::size_t i = 0; i < truths_.size(); ++i) {
      truth const& t = truths_[i];
      if (t.failing_since == base::time_point::max() || t.balance > 0 || balance_[settings_.jobs[i].provider] > 0)
        continue;
      base::duration shortest = base::duration::max();
      for (auto const& j : settings_.jobs) {
        if (j.provider == settings_.jobs[i].provider) shortest = std::min(shortest, j.times->unreachable_after);
      }
      base::duration const longest = settings_.jobs[i].times->unreachable_after + shortest + 30s;
      ASSERT_LE(clock_.at.mono - t.failing_since, longest) << "job" << i << " fails, and nobody was told";
    }
  }

  void settle(storing const& s) {
    model::event const& e = s.what.what.event;
    if (e.job) truths_[index_of(e)].pending = false;
    if (s.stored) count(e);
    engine_.settle({s.what.token, s.stored, {}}, clock_.at, out_);
    take();
  }

  std::size_t index_of(model::event const& e) const {
    return static_cast<std::size_t>(std::stoul(e.job->name.substr(3)));
  }

  void count(model::event const& e) {
    ASSERT_TRUE(ids_.insert(e.id).second) << "stored twice: " << to_string(e.type);
    using model::event_type;
    switch (e.type) {
      case event_type::build_started: ++truths_[index_of(e)].started; break;
      case event_type::build_finished: {
        ++truths_[index_of(e)].finished;
        model::build const& b = *e.build;
        if (b.last_seen_running) {
          EXPECT_LE(*b.last_seen_running, *b.first_seen_finished);
          EXPECT_GE(*b.finished_at, *b.last_seen_running);
          EXPECT_LE(*b.finished_at, *b.first_seen_finished);
        }
        EXPECT_LE(*b.first_seen_finished, e.timestamp);
        break;
      }
      case event_type::job_unreachable: EXPECT_EQ(++truths_[index_of(e)].balance, 1); break;
      case event_type::job_recovered: EXPECT_EQ(--truths_[index_of(e)].balance, 0); break;
      case event_type::provider_unreachable: EXPECT_EQ(++balance_[provider_of(e)], 1); break;
      case event_type::provider_recovered: EXPECT_EQ(--balance_[provider_of(e)], 0); break;
      case event_type::build_overdue: FAIL();
    }
  }

  static std::size_t provider_of(model::event const& e) { return std::stoul(e.provider.substr(1)); }

  void take() {
    commands const todo = std::exchange(out_, {});
    for (ask const& a : todo.asks) sent(a);
    for (commit const& c : todo.commits) {
      if (c.what.event.job) {
        truth& t = truths_[index_of(c.what.event)];
        ASSERT_FALSE(t.pending) << "two transitions of one job under way";
        ASSERT_EQ(t.finished, 0) << "a finished build is final";
        t.pending = true;
      }
      if (c.what.event.type == model::event_type::provider_recovered) start_clocks_anew(provider_of(c.what.event));
      bool const stored = calm_ || stores_well_ || pick(5) != 0;
      settlements_.emplace(clock_.at.mono + base::duration(pick(2'000'000'000)), storing{c, stored});
    }
  }

  void start_clocks_anew(std::size_t provider) {
    for (std::size_t i = 0; i < truths_.size(); ++i) {
      if (settings_.jobs[i].provider == provider) truths_[i].failing_since = base::time_point::max();
    }
  }

  void sent(ask const& a) {
    provider_options const& how = settings_.providers[a.provider];
    ASSERT_TRUE(asked_.insert(a.job).second) << "two requests of one job";
    ASSERT_FALSE(truths_[a.job].pending) << "asked while a transition is being stored";
    ASSERT_EQ(truths_[a.job].finished, 0);
    ASSERT_GE(clock_.at.mono, quiet_until_[a.provider]) << "asked in a pause";
    ASSERT_GE(clock_.at.mono, a.due);
    ASSERT_LE(++in_flight_[a.provider], how.connections);
    auto& log = sent_[a.provider];
    log.push_back(clock_.at.mono);
    // Any window: at most the rate and a burst. Checking against a bucket of exact arithmetic is the same.
    double const burst = std::max(1.0, how.rate_per_second);
    while (log.size() > 400) log.pop_front();
    for (std::size_t i = 0; i < log.size(); i += 7) {
      double const window = std::chrono::duration<double>(log.back() - log[i]).count();
      ASSERT_LE(static_cast<double>(log.size() - i), how.rate_per_second * window + burst + 1e-6);
    }
    landings_.emplace(clock_.at.mono + base::duration(1 + pick(pick(20) ? 300'000'000 : 20'000'000'000)),
                      flight{a, clock_.at});
  }

  void conclude() {
    for (std::size_t i = 0; i < truths_.size(); ++i) {
      EXPECT_EQ(truths_[i].finished, 1) << "job" << i << " was missed or told twice";
      EXPECT_LE(truths_[i].started, 1);
      EXPECT_EQ(truths_[i].balance, 0) << "an outage of job" << i << " was left open";
    }
    for (int const b : balance_) EXPECT_EQ(b, 0) << "a provider's outage was left open";
    EXPECT_EQ(engine_.counts().done, truths_.size());
  }

  std::mt19937_64 random_;
  options settings_;
  buildwatch::testing::manual_clock clock_;
  watch::engine engine_;
  commands out_;
  std::vector<truth> truths_;
  std::multimap<base::time_point, flight> landings_;
  std::multimap<base::time_point, storing> settlements_;
  std::vector<std::deque<base::time_point>> sent_;
  std::vector<unsigned> in_flight_;
  std::vector<base::time_point> quiet_until_;
  std::map<provider_index, base::time_point> refused_at_;
  std::vector<int> balance_;
  std::set<job_index> asked_;
  std::set<std::string> ids_;
  bool stores_well_ = false;
  bool outage_ = false;
  bool calm_ = false;
};

TEST(random_worlds, tell_every_end_once_and_break_no_limit) {
  for (std::uint64_t seed = 1; seed <= 2000 / TEST_SEED_SHARE; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run(seed).play();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace buildwatch::watch::testing

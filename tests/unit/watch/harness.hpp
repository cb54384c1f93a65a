// Drives an engine in virtual time: a world that answers, a journal that stores or does not, and a record of it all.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "buildwatch/watch/engine.hpp"
#include "unit/support/fakes.hpp"
#include "unit/watch/kept.hpp"

namespace buildwatch::watch::testing {

using namespace std::chrono_literals;
using model::fault;
using model::observation;
using model::sight;

inline observation seen_as(sight what) {
  observation o;
  o.sight = what;
  o.fault = fault::none;
  return o;
}
inline observation running() { return seen_as(sight::running); }
inline observation undecided() { return seen_as(sight::undecided); }
inline observation absent() { return seen_as(sight::no_such_build); }
inline observation exists() { return seen_as(sight::job_exists); }
inline observation finished(std::string word = "SUCCESS") {
  observation o = seen_as(sight::finished);
  o.word = std::move(word);
  o.region = "cn-north-4";
  return o;
}
inline observation failed(fault f = fault::other, std::string text = "HTTP 500",
                          std::optional<base::duration> retry_after = {}) {
  observation o = seen_as(sight::failed);
  o.fault = f;
  o.text = std::move(text);
  o.retry_after = retry_after;
  return o;
}

inline job_options job(std::string name, timing times = {}, std::uint32_t provider = 0, std::uint32_t build = 42) {
  job_options j;
  j.job_id = (name + "x" + std::string(32, '0')).substr(0, 32);
  j.name = std::move(name);
  j.provider = provider;
  j.build = build;
  j.times = std::make_shared<timing const>(times);
  j.labels = std::make_shared<model::labels const>(model::labels{{"team", "firmware"}});
  return j;
}

inline provider_options provider(std::string name, unsigned connections = 8, double rate = 100) {
  provider_options p;
  p.name = std::move(name);
  p.connections = connections;
  p.rate_per_second = rate;
  return p;
}

/// One job, or `n`, of one provider.
inline options jobs(std::size_t n, timing times = {}, double rate = 100, unsigned connections = 8) {
  options o;
  o.providers.push_back(provider("huawei", connections, rate));
  for (std::size_t i = 0; i < n; ++i) o.jobs.push_back(job("job" + std::to_string(i), times));
  return o;
}

/// The world around an engine. `answer` says what a poll of a job sees; every answer takes `latency`.
class world {
 public:
  struct request {
    job_index job;
    asks what;
    base::duration at;  ///< since the start
    base::duration due;
    std::uint32_t build = 0;
  };

  explicit world(options what, memory const& known = {})
      : engine_(std::in_place, std::move(what), known, clock_.at), start_(clock_.at) {}

  std::function<observation(job_index, asks)> answer = [](job_index, asks) { return running(); };
  /// Wins over `answer` where it is set: what any question is answered.
  std::function<observation(ask const&)> answer_all;
  std::function<bool(model::event const&)> stores = [](model::event const&) { return true; };
  bool notes_stored = true;
  base::duration latency = 10ms;

  /// Lets virtual time pass until `t` after the start.
  void run_until(base::duration t) {
    for (;;) {
      base::time_point next = engine_->next_due();
      for (auto const& f : flights_) next = std::min(next, f.lands);
      if (next > start_.mono + t) break;
      advance_to(std::max(next, clock_.at.mono));
      land();
      engine_->tick(clock_.at, out_);
      drain();
    }
    advance_to(start_.mono + t);
  }
  void run_for(base::duration t) { run_until(now() + t); }

  /// There is another credential.
  void renew(provider_index which) {
    engine_->renewed(which, clock_.at, out_);
    drain();
  }

  /// What has changed is stored. Tells what that was.
  memory remember() {
    memory m = engine_->changed(clock_.at);
    stored.put(m);
    return m;
  }

  /// The daemon is gone from now on, with all that it has not stored, and comes back after `down`.
  void restart(options what, base::duration down = 0s) {
    flights_.clear();
    advance_to(clock_.at.mono + down);
    engine_.emplace(std::move(what), stored.all(), clock_.at);
  }

  /// Other settings. `job` of requests and answers counts those from now on.
  reindexed reload(options what) {
    remember();
    reindexed const moved = engine_->reconfigure(std::move(what), stored.all(), clock_.at, out_);
    for (flight& f : flights_) {
      f.question.provider = f.no_provider ? reindexed::gone : moved.providers[f.question.provider];
      f.no_provider = f.question.provider == reindexed::gone;
      if (!f.of_nobody) f.question.job = moved.jobs[f.question.job];
      f.of_nobody = f.question.job == reindexed::gone;
    }
    drain();
    return moved;
  }

  /// The wall clock jumps; intervals do not notice.
  void step_wall(std::chrono::milliseconds by) {
    stepped_ += by;
    clock_.at.wall += by;
  }

  [[nodiscard]] base::duration now() const { return clock_.at.mono - start_.mono; }
  [[nodiscard]] base::instant instant_now() const { return clock_.at; }
  [[nodiscard]] base::wall_time wall_at(base::duration t) const {
    return start_.wall + std::chrono::duration_cast<std::chrono::milliseconds>(t);
  }
  [[nodiscard]] watch::engine& engine() { return *engine_; }
  [[nodiscard]] std::vector<request> requests_of(job_index job) const {
    std::vector<request> mine;
    std::ranges::copy_if(requests, std::back_inserter(mine), [&](auto const& r) { return r.job == job; });
    return mine;
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> types;
    for (auto const& e : events) types.push_back((e.job ? e.job->name + " " : "") + std::string(to_string(e.type)));
    return types;
  }
  [[nodiscard]] std::size_t logged(std::string_view id, base::log_level at_least = base::log_level::info) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(logs, [&](auto const& l) { return l.id == id && l.level >= at_least; }));
  }

  std::vector<request> requests;  ///< about builds and jobs; records and lists are in `extras`
  std::vector<request> extras;
  std::vector<old_build> history;          ///< stored without an event
  std::vector<forecast::past_build> past;  ///< what the journal tells of earlier builds
  bool past_of_history = false;            ///< it tells of those in `history` instead, as far as they are stored
  std::vector<model::event> events;        ///< stored
  std::vector<model::event> attempts;      ///< stored or not
  std::vector<base::log_event> logs;
  kept stored;
  std::size_t most_in_flight = 0;
  /// What the journal tells of a job's earlier builds, where that is not `past` for all.
  std::function<std::vector<forecast::past_build>(std::string_view job_id)> past_of;
  [[nodiscard]] std::size_t engine_jobs() const { return engine_->settings().jobs.size(); }

 private:
  struct flight {
    base::time_point lands;
    ask question;
    base::instant sent;
    bool of_nobody = false;
    bool no_provider = false;
  };

  void advance_to(base::time_point t) {
    if (t > clock_.at.mono) clock_.at = {t, wall_at(t - start_.mono) + stepped_};
  }

  void land() {
    for (;;) {
      auto const at = std::ranges::find_if(flights_, [&](auto const& f) { return f.lands <= clock_.at.mono; });
      if (at == flights_.end()) return;
      flight const f = *at;
      flights_.erase(at);
      if (f.of_nobody) {
        if (!f.no_provider) engine_->forget(f.question.provider, clock_.at, out_);
        drain();
        continue;
      }
      observation const seen = answer_all ? answer_all(f.question) : answer(f.question.job, f.question.query.what);
      engine_->answer({f.question.job, f.sent, seen}, clock_.at, out_);
      drain();
    }
  }

  [[nodiscard]] std::vector<forecast::past_build> lengths_of_history() const {
    std::vector<forecast::past_build> all;
    for (old_build const& b : history) {
      if (!b.build.started_at || !b.build.finished_at) continue;
      all.push_back({b.build.number, *b.build.finished_at - *b.build.started_at, *b.build.outcome});
    }
    std::ranges::sort(all, std::ranges::greater(), &forecast::past_build::number);
    return all;
  }

  void drain() {
    while (!out_.asks.empty() || !out_.commits.empty() || !out_.notes.empty() || !out_.recalls.empty() ||
           !out_.logs.empty() || out_.remember) {
      commands const todo = std::exchange(out_, {});
      if (todo.remember) remember();
      logs.insert(logs.end(), todo.logs.begin(), todo.logs.end());
      for (ask const& a : todo.asks) {
        bool const extra = a.query.what == asks::record || a.query.what == asks::list;
        (extra ? extras : requests).push_back({a.job, a.query.what, now(), a.due - start_.mono, a.query.build});
        flights_.push_back({clock_.at.mono + latency, a, clock_.at, false, false});
      }
      most_in_flight = std::max(most_in_flight, flights_.size());
      for (note const& n : todo.notes) {
        bool const well = notes_stored;
        if (well) stored.put(n.what);
        if (well) history.insert(history.end(), n.what.builds.begin(), n.what.builds.end());
        engine_->settle({n.token, well, well ? "" : "disk full"}, clock_.at, out_);
      }
      for (recall const& r : todo.recalls) {
        auto const told = past_of_history ? lengths_of_history()
                          : past_of       ? past_of(engine_->settings().jobs[r.job].job_id)
                                          : past;
        engine_->take(recalled{r.token, told}, clock_.at, out_);
      }
      for (commit const& c : todo.commits) {
        model::event const& e = c.what.event;
        bool const well = stores(e);
        attempts.push_back(e);
        if (well) events.push_back(e);
        if (well) stored.put(c.what);
        engine_->settle({c.token, well, well ? "" : "disk full"}, clock_.at, out_);
      }
    }
  }

  buildwatch::testing::manual_clock clock_;
  std::optional<watch::engine> engine_;
  base::instant start_;
  std::chrono::milliseconds stepped_{};
  commands out_;
  std::vector<flight> flights_;
};

}  // namespace buildwatch::watch::testing

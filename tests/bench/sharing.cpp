// A thousand jobs share a rate limit that is a fifth of what they ask for: how late their ends are seen, by the
// engine's own choice of whom to ask first, and by equal shares (each job polled at fixed intervals, stretched until as
// many requests are made). In virtual time: an engine, a world of builds, no I/O.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <queue>
#include <random>
#include <vector>

#include "buildwatch/watch/engine.hpp"

namespace {

using namespace buildwatch;
using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

constexpr base::duration idle = 60s, building = 15s, latency = 50ms;
constexpr base::duration warm_up = 1h, length = 7h;
constexpr double share = 0.2;  // of what the jobs ask for

base::duration in_ns(double s) { return std::chrono::duration_cast<base::duration>(seconds(s)); }

/// One job's builds: one after the other, of a length of its own.
struct job_world {
  struct build {
    base::duration begin{}, end{};
  };
  std::vector<build> builds;
  std::vector<forecast::past_build> past;
  double busy = 0;  ///< share of the time in which one runs
};

std::vector<job_world> invent(std::uint64_t seed, std::size_t job_count) {
  std::mt19937_64 random(seed);
  std::vector<job_world> all(job_count);
  for (job_world& j : all) {
    double const median = std::exp(std::uniform_real_distribution(std::log(60.0), std::log(7200.0))(random));
    std::lognormal_distribution<double> lasts(std::log(median), 0.15);
    std::exponential_distribution<double> pauses(1 / (0.5 * median));
    for (std::uint32_t n = 0; n < 50; ++n) j.past.push_back({n + 1, in_ns(lasts(random)), model::outcome::success});
    double at = -lasts(random) * std::uniform_real_distribution(0.0, 1.0)(random), ran = 0;
    while (in_ns(at) < length) {
      double const lasted = lasts(random);
      j.builds.push_back({in_ns(at), in_ns(at + lasted)});
      ran += lasted;
      at += lasted + pauses(random);
    }
    j.busy = ran / at;
  }
  return all;
}

struct outcome {
  double requests_per_second = 0;
  std::vector<double> late;  ///< seconds from the end of a build to the answer that saw it
};

class run {
 public:
  run(std::vector<job_world> const& jobs, watch::timing const& times, double rate) : jobs_(jobs) {
    watch::options what;
    watch::provider_options p;
    p.name = "provider";
    p.connections = 1000;
    p.rate_per_second = rate;
    p.has_credential = false;
    what.providers.push_back(p);
    auto const shared = std::make_shared<watch::timing const>(times);
    auto const labels = std::make_shared<model::labels const>();
    watch::memory known;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      char id[33];
      std::snprintf(id, sizeof id, "%032zu", i);
      watch::job_options j;
      j.name = id;
      j.job_id = id;
      j.times = shared;
      j.labels = labels;
      watch::job_memory m;
      m.provider = p.name;
      m.job_id = m.name = id;
      m.proven = m.begun = m.listed = true;
      m.newest = 50;
      // Records are another request for each build: left out on both sides.
      m.refused.fill(now_.wall + std::chrono::hours(24));
      m.refused[0].reset();
      known.jobs.push_back(m);
      what.jobs.push_back(std::move(j));
    }
    engine_.emplace(std::move(what), known, now_);
  }

  outcome play() {
    base::time_point const end = start_ + length;
    while (now_.mono < end) {
      base::time_point next = engine_->next_due();
      if (!flights_.empty()) next = std::min(next, flights_.front().second);
      set(std::max(next, now_.mono));
      while (!flights_.empty() && flights_.front().second <= now_.mono) land();
      engine_->tick(now_, out_);
      carry_out();
    }
    result_.requests_per_second /= seconds(length - warm_up).count();
    return std::move(result_);
  }

 private:
  void set(base::time_point t) {
    now_ = {t, base::wall_time(std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()))};
  }

  void land() {
    watch::ask const a = flights_.front().first;
    flights_.pop_front();
    model::observation const seen = see(a);
    engine_->answer({a.job, {now_.mono - latency, now_.wall}, seen}, now_, out_);
    carry_out();
  }

  model::observation see(watch::ask const& a) {
    model::observation o;
    o.fault = model::fault::none;
    base::duration const at = now_.mono - start_;
    auto const& builds = jobs_[a.job].builds;
    if (a.query.what == watch::asks::newest) {
      o.sight = model::sight::job_exists;
      auto const later = std::ranges::find_if(builds, [&](auto const& b) { return b.begin > at; });
      o.number = 50 + static_cast<std::uint32_t>(later - builds.begin());
      return o;
    }
    auto const& b = builds[a.query.build - 51];
    o.sight = at < b.begin ? model::sight::undecided : at < b.end ? model::sight::running : model::sight::finished;
    o.word = "SUCCESS";
    return o;
  }

  void carry_out() {
    while (!out_.asks.empty() || !out_.commits.empty() || !out_.recalls.empty() || !out_.notes.empty()) {
      watch::commands const todo = std::exchange(out_, {});
      for (watch::ask const& a : todo.asks) {
        flights_.emplace_back(a, now_.mono + latency);
        if (now_.mono - start_ >= warm_up) ++result_.requests_per_second;
      }
      for (watch::commit const& c : todo.commits) {
        note(c.what.event);
        engine_->settle({c.token, true, {}}, now_, out_);
      }
      for (watch::note const& n : todo.notes) engine_->settle({n.token, true, {}}, now_, out_);
      for (watch::recall const& r : todo.recalls) {
        engine_->take(watch::recalled{r.token, jobs_[r.job].past}, now_, out_);
      }
    }
    out_.logs.clear();
  }

  void note(model::event const& e) {
    if (e.type != model::event_type::build_finished || now_.mono - start_ < warm_up) return;
    auto const& b = jobs_[std::stoul(e.job->job_id)].builds[e.build->number - 51];
    result_.late.push_back(seconds(now_.mono - start_ - b.end).count());
  }

  std::vector<job_world> const& jobs_;
  base::time_point start_{1h};
  base::instant now_{start_, base::wall_time(std::chrono::hours(1))};
  std::optional<watch::engine> engine_;
  watch::commands out_;
  std::deque<std::pair<watch::ask, base::time_point>> flights_;  // latency is the same for all: in order
  outcome result_;
};

struct figures {
  double mean = 0, median = 0, p95 = 0, most = 0;
};

figures of(std::vector<double> late) {
  std::ranges::sort(late);
  figures f;
  for (double const s : late) f.mean += s / static_cast<double>(late.size());
  f.median = late[late.size() / 2];
  f.p95 = late[late.size() * 95 / 100];
  f.most = late.back();
  return f;
}

/// Fixed intervals, stretched until as many requests are made as the others made.
outcome equal_shares(std::vector<job_world> const& jobs, double requests_per_second) {
  double stretch = 1 / share;
  outcome made;
  for (int i = 0; i < 2; ++i) {
    watch::timing times{in_ns(seconds(idle).count() * stretch), in_ns(seconds(building).count() * stretch), 1h};
    times.adaptive = false;
    made = run(jobs, times, 10'000).play();
    stretch *= made.requests_per_second / requests_per_second;
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  bool json = false;
  std::size_t job_count = 1000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::strcmp(argv[i], "--jobs") == 0 && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      job_count = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr, "usage: sharing [--json] [--jobs N]\n");
      return 2;
    }
  }
  auto const jobs = invent(1, job_count);
  double wanted = 0;
  for (job_world const& j : jobs) wanted += 1 / seconds(idle).count() + j.busy / seconds(building).count();
  double const rate = wanted * share;
  outcome const ours = run(jobs, {idle, building, 1h}, rate).play();
  outcome const equal = equal_shares(jobs, ours.requests_per_second);
  for (auto const& [name, o] : {std::pair{"buildwatch", &ours}, std::pair{"equal shares", &equal}}) {
    figures const f = of(o->late);
    char const* const form =
        json ? "{\"policy\": \"%s\", \"jobs\": %zu, \"rate\": %.2f, \"requests_per_s\": %.2f, \"builds\": %zu, "
               "\"mean_s\": %.2f, \"median_s\": %.2f, \"p95_s\": %.2f, \"max_s\": %.2f}\n"
             : "%-12s %zu jobs, rate_limit %.2f/s: %.2f requests/s, %zu builds; late by %.1f s in the mean, median "
               "%.1f s, 95th percentile %.1f s, at most %.1f s\n";
    std::printf(form, name, job_count, rate, o->requests_per_second, o->late.size(), f.mean, f.median, f.p95, f.most);
  }
  double const ratio = of(equal.late).mean / of(ours.late).mean;
  std::printf(json ? "{\"ratio_of_means\": %.2f}\n" : "equal shares / buildwatch, in the mean: %.2f\n", ratio);
  return 0;
}

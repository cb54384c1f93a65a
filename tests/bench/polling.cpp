// Plays the histories on standard input (see polling_trace.hpp) to fixed, exponential and adaptive polling, and holds
// the time left against Jenkins' way to tell it. One JSON line a figure.
//   bench_polling first|second: which half of each job's builds is reported; all earlier builds are history
#include <cmath>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "buildwatch/forecast/outlook.hpp"
#include "buildwatch/forecast/pacing.hpp"
#include "polling_figures.hpp"
#include "polling_trace.hpp"

namespace buildwatch::bench {
namespace {

/// What adaptive polling may spend: polls of an average build, or the interval given.
struct budget {
  char const* name;
  double polls;     ///< 0: the interval counts
  double interval;  ///< seconds
};
constexpr budget budgets[] = {{"5", 5, 0}, {"10", 10, 0}, {"20", 20, 0}, {"30s", 0, 30}};
constexpr double shares[] = {0.25, 0.5, 0.75};
constexpr double growth = 1.1;  ///< of exponential polling's interval, from poll to poll

using span = std::span<traced_build const>;

/// Polls after one interval, two, …: the number of the poll that sees the end, and when it is.
watched fixed(traced_build const& b, double interval) {
  double const polls = std::max(std::ceil(b.ended / interval), 1.0);
  return {polls * interval - b.ended, polls, b.outcome == model::outcome::success};
}

watched exponential(traced_build const& b, double interval) {
  double at = interval, polls = 1;
  for (; at < b.ended; ++polls) at += interval *= growth;
  return {at - b.ended, polls, b.outcome == model::outcome::success};
}

using policy = watched (*)(traced_build const&, double interval);

double mean_polls(span builds, policy p, double interval) {
  double sum = 0;
  for (traced_build const& b : builds) sum += p(b, interval).polls;
  return sum / static_cast<double>(builds.size());
}

struct bracket {
  double shorter, longer;  ///< intervals: at least, and at most, as many polls as wanted
};

/// The interval with which the policy makes so many polls of an average build.
bracket interval_for(span builds, policy p, double polls) {
  double low = 1e-6, high = 1;
  for (traced_build const& b : builds) high = std::max(high, b.ended + 1);
  for (int i = 0; i < 60; ++i) {
    double const middle = std::sqrt(low * high);
    (mean_polls(builds, p, middle) > polls ? low : high) = middle;
  }
  return {low, high};
}

/// The policy, tuned to make exactly so many polls: where no interval does, the two next to it share the builds.
std::vector<watched> tuned(span builds, policy p, double polls) {
  bracket const at = interval_for(builds, p, polls);
  double const more = mean_polls(builds, p, at.shorter), fewer = mean_polls(builds, p, at.longer);
  double const share = more > fewer ? std::clamp((polls - fewer) / (more - fewer), 0.0, 1.0) : 0;
  std::vector<watched> all;
  for (traced_build const& b : builds) {
    for (auto const& [interval, weight] : {std::pair(at.shorter, share), std::pair(at.longer, 1 - share)}) {
      watched w = p(b, interval);
      w.weight = weight;
      if (weight > 0) all.push_back(w);
    }
  }
  return all;
}

base::duration exact(double seconds) {
  return std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(seconds));
}

watched adaptive(traced_build const& b, forecast::pacing const& pace) {
  base::duration const end = exact(b.ended);
  base::duration at = pace.next(base::duration::zero());
  double polls = 1;
  for (; at < end; ++polls) at = pace.next(at);
  return {std::chrono::duration<double>(at - end).count(), polls, b.outcome == model::outcome::success};
}

using history = std::span<forecast::past_build const>;

bool reached_end(forecast::past_build const& b) {
  return b.outcome == model::outcome::success || b.outcome == model::outcome::unstable;
}

double mean_of_first_three(std::vector<forecast::past_build> const& builds) {
  std::size_t const count = std::min<std::size_t>(builds.size(), 3);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::chrono::duration<double>(builds[i].lasted).count();
  return sum / static_cast<double>(count);
}

/// How long a build takes, by the mean of the last three that succeeded. nullopt without one.
std::optional<double> last_successes(history newest_first) {
  std::vector<forecast::past_build> good;
  std::ranges::copy_if(newest_first, std::back_inserter(good), reached_end);
  return good.empty() ? std::nullopt : std::optional(mean_of_first_three(good));
}

/// The same as Jenkins does it: the last that succeeded, then others that did of the last six builds, and where that
/// makes fewer than three, builds of those six that failed.
std::optional<double> jenkins_rule(history newest_first) {
  history const six = newest_first.first(std::min<std::size_t>(newest_first.size(), 6));
  std::vector<forecast::past_build> taken;
  auto const last_good = std::ranges::find_if(newest_first, reached_end);
  if (last_good != newest_first.end()) taken.push_back(*last_good);
  for (auto b = six.begin(); b != six.end(); ++b) {
    if (b != last_good && reached_end(*b)) taken.push_back(*b);
  }
  std::ranges::copy_if(six, std::back_inserter(taken),
                       [](auto const& b) { return b.outcome == model::outcome::failure; });
  return taken.empty() ? std::nullopt : std::optional(mean_of_first_three(taken));
}

/// Errors of the time left, as a share of what was left.
struct errors {
  std::vector<double> ours, successes, jenkins;
};

struct results {
  std::map<std::string_view, std::vector<watched>> policies[std::size(budgets)];
  errors left[std::size(shares)];

  void add(results const& other) {
    for (std::size_t i = 0; i < std::size(budgets); ++i) {
      for (auto const& [name, all] : other.policies[i]) {
        policies[i][name].insert(policies[i][name].end(), all.begin(), all.end());
      }
    }
    for (std::size_t i = 0; i < std::size(shares); ++i) {
      left[i].ours.insert(left[i].ours.end(), other.left[i].ours.begin(), other.left[i].ours.end());
      left[i].successes.insert(left[i].successes.end(), other.left[i].successes.begin(), other.left[i].successes.end());
      left[i].jenkins.insert(left[i].jenkins.end(), other.left[i].jenkins.begin(), other.left[i].jenkins.end());
    }
  }
};

void compare_time_left(traced_build const& b, forecast::outlook const& o, history known, results& to) {
  std::optional<double> const successes = last_successes(known), jenkins = jenkins_rule(known);
  for (std::size_t i = 0; i < std::size(shares); ++i) {
    double const gone = shares[i] * b.ended, left = b.ended - gone;
    auto const ours = o.at(exact(gone));
    if (!ours || !successes || !jenkins || left <= 0) continue;
    to.left[i].ours.push_back(std::abs(std::chrono::duration<double>(ours->left).count() - left) / left);
    to.left[i].successes.push_back(std::abs(std::max(*successes - gone, 0.0) - left) / left);
    to.left[i].jenkins.push_back(std::abs(std::max(*jenkins - gone, 0.0) - left) / left);
  }
}

results play(traced_job const& job, bool second_half) {
  std::size_t const half = job.builds.size() / 2;
  span const all = job.builds, tuning = all.first(half);
  span const reported = second_half ? all.subspan(half) : tuning;
  if (tuning.empty()) return {};
  double building[std::size(budgets)];
  for (std::size_t i = 0; i < std::size(budgets); ++i) {
    building[i] = budgets[i].polls > 0 ? interval_for(tuning, fixed, budgets[i].polls).longer : budgets[i].interval;
  }
  results r;
  for (traced_build const& b : reported) {
    auto const known = known_before(job, static_cast<std::size_t>(&b - all.data()));
    forecast::outlook const o(known);
    compare_time_left(b, o, known, r);
    for (std::size_t i = 0; i < std::size(budgets); ++i) {
      r.policies[i]["adaptive"].push_back(adaptive(b, forecast::pacing(o, exact(building[i]))));
    }
  }
  for (auto& policies : r.policies) {
    double const polls = figures_of(policies["adaptive"]).polls;
    policies["fixed"] = tuned(reported, fixed, polls);
    policies["exponential"] = tuned(reported, exponential, polls);
  }
  return r;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

double median(std::vector<double> v) {
  if (v.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::nth_element(v, v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2));
  return v[v.size() / 2];
}

void print(results const& r, std::string const& whose) {
  for (std::size_t i = 0; i < std::size(budgets); ++i) {
    for (auto const& [name, all] : r.policies[i]) {
      figures const f = figures_of(all);
      std::printf(
          "{%s, \"budget\": \"%s\", \"policy\": \"%s\", \"builds\": %.0f, \"polls_per_build\": %.4f, "
          "\"mean_s\": %.3f, \"median_s\": %.3f, \"p95_s\": %.3f, \"max_s\": %.3f, \"success_mean_s\": %.3f}\n",
          whose.c_str(), budgets[i].name, name.data(), f.builds, f.polls, f.mean, f.median, f.p95, f.largest,
          f.success_mean);
    }
  }
  for (std::size_t i = 0; i < std::size(shares); ++i) {
    if (r.left[i].ours.empty()) continue;
    std::printf(
        "{%s, \"budget\": null, \"policy\": null, \"polls_per_build\": null, \"mean_s\": null, \"median_s\": null, "
        "\"p95_s\": null, \"max_s\": null, \"time_left_at\": %.2f, \"builds\": %zu, \"median_error\": %.4f, "
        "\"jenkins_median_error\": %.4f, \"jenkins_rule_median_error\": %.4f}\n",
        whose.c_str(), shares[i], r.left[i].ours.size(), median(r.left[i].ours), median(r.left[i].successes),
        median(r.left[i].jenkins));
  }
}

int run(bool second_half) {
  std::map<std::string, results> files;
  results everything;
  for (traced_job const& job : read_traces(std::cin)) {
    results const r = play(job, second_half);
    print(r, "\"file\": " + quoted(job.file) + ", \"job\": " + quoted(job.name));
    files[job.file].add(r);
    everything.add(r);
  }
  for (auto const& [name, r] : files) print(r, "\"file\": " + quoted(name));
  print(everything, "\"file\": \"all\"");
  return 0;
}

}  // namespace
}  // namespace buildwatch::bench

int main(int count, char** words) {
  std::string_view const half = count == 2 ? words[1] : "";
  if (half != "first" && half != "second") return 2;
  return buildwatch::bench::run(half == "second");
}

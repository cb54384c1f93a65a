#include <fmt/format.h>

#include <chrono>

#include "buildwatch/model/event.hpp"
#include "config/checks.hpp"
#include "config/settle.hpp"

namespace buildwatch::config {
namespace {

/// A limit that is passed only while every job builds at once is fine up to this: builds seldom all run together.
constexpr double tolerated_when_all_build = 2;

/// What the jobs of a provider ask for together, in requests per second.
struct demand {
  std::size_t jobs = 0;
  double idle = 0;
  double ends = 0;  ///< every job builds: to see how the builds go
  double news = 0;  ///< the same: to see new builds, meanwhile
  [[nodiscard]] double building() const { return ends + news; }
};

double a_second(base::duration interval) { return 1 / std::chrono::duration<double>(interval).count(); }

std::vector<demand> demands(draft const& d) {
  std::vector<demand> all(d.providers.size());
  for (auto const& j : d.jobs) {
    watch::timing const t = merged(*j.times, d.defaults);
    demand& sum = all[j.job.provider];
    ++sum.jobs;
    sum.idle += a_second(t.idle);
    sum.ends += a_second(t.building);
    if (j.job.build == 0) sum.news += a_second(t.idle);
  }
  return all;
}

/// "6.7/s", "5/s", "30/m"
std::string in_words(double per_second) {
  bool const seconds = per_second >= 1;
  std::string number = fmt::format("{:.1f}", seconds ? per_second : 60 * per_second);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + (seconds ? "/s" : "/m");
}

std::string wait(double seconds) {
  return model::wait_for_people(std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds)));
}

/// "after about 1 min 20 s instead of 1 min", where polls that `rate` makes come `times` as far apart.
std::string later(std::size_t jobs, double rate, double times) {
  double const interval = static_cast<double>(jobs) / rate;
  return "after about " + wait(interval * times) + " instead of " + wait(interval);
}

/// What is wrong with the limit; empty: nothing.
std::string judged(demand const& asked, double limit) {
  bool const too_low = asked.idle > limit;
  if (!too_low && asked.building() <= limit * tolerated_when_all_build) return {};
  std::string text =
      fmt::format("{} for {} while nothing builds and for {} while everything does; rate_limit allows {}: ",
                  asked.jobs == 1 ? "one job asks" : fmt::format("{} jobs ask", asked.jobs), in_words(asked.idle),
                  in_words(asked.building()), in_words(limit));
  if (too_low) text += "a new build is seen " + later(asked.jobs, asked.idle, asked.idle / limit) + ", and ";
  return text + "while everything builds, an end " + (too_low ? "" : "is seen ") +
         later(asked.jobs, asked.ends, asked.building() / limit);
}

}  // namespace

void check_rates(draft const& d, complaints& out) {
  auto const asked = demands(d);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    draft_provider const& p = d.providers[i];
    std::string text = judged(asked[i], p.provider.rate_per_second);
    if (text.empty()) continue;
    out.warning(*d.files.front(), p.rate_at.value_or(p.at),
                "providers." + p.provider.name + (p.rate_at ? ".rate_limit" : ""), std::move(text));
  }
}

}  // namespace buildwatch::config

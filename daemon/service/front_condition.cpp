// How the daemon does: its sinks, its health, its metrics.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "buildwatch/base/version.hpp"
#include "service/front.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

constexpr base::duration counted_for = 100ms;  // and for ten times as long as counting takes
constexpr base::duration probed_for = 1s;
constexpr base::duration answers_within = 2s;

// Jobs that are looked at before the loop turns: each of the two is some tenths of a millisecond.
constexpr std::size_t counted_at_once = 4000;
constexpr std::size_t told_at_once = 64;

double seconds(base::duration d) { return std::chrono::duration<double>(d).count(); }

/// The loop's buckets, four in one: each ends at twice the one before.
web::histogram histogram_of(watch::duration_counts const& counted) {
  constexpr std::size_t together = 4;
  web::histogram h;
  h.sum = seconds(counted.sum);
  std::uint64_t some = 0;
  for (std::size_t i = 0; i < counted.buckets.size(); ++i) {
    some += counted.buckets[i];
    if (i % together != 0 || i + 1 == counted.buckets.size()) continue;
    h.bounds.push_back(seconds(watch::bucket_end(i)));
    h.counts.push_back(std::exchange(some, 0));
  }
  h.counts.push_back(some);
  return h;
}

web::job_counts counts_of(watch::engine_counts const& n) {
  return {n.pending, n.idle, n.queued, n.running, n.done, n.not_found, n.unreachable};
}

base::wall_time wall_of(base::time_point when, base::instant now) {
  return now.wall + std::chrono::round<std::chrono::milliseconds>(std::max(when, now.mono) - now.mono);
}

}  // namespace

/// Anew, unless that has just been done, or is being done for somebody else.
boost::asio::awaitable<base::result<void>> front::count_outbox() {
  base::time_point const begin = parts_.house.clock.now().mono;
  bool const fresh =
      outbox_at_ != base::time_point::min() && begin - outbox_at_ < std::max(counted_for, 10 * outbox_cost_);
  if (fresh || (counting_ && outbox_at_ != base::time_point::min())) co_return base::result<void>{};
  counting_ = true;
  auto counted = co_await window_->tallies();
  counting_ = false;
  if (!counted) co_return std::move(counted).error();
  outbox_ = std::move(*counted);
  outbox_at_ = parts_.house.clock.now().mono;
  outbox_cost_ = outbox_at_ - begin;
  co_return base::result<void>{};
}

store::reader::tally front::outbox_of(std::string const& sink) const {
  auto const at = std::ranges::find(outbox_, sink, &store::reader::tally::sink);
  return at == outbox_.end() ? store::reader::tally{} : *at;
}

boost::asio::awaitable<base::result<std::vector<web::sink_view>>> front::sinks() {
  auto counted = co_await count_outbox();
  if (!counted) co_return std::move(counted).error();
  base::instant const now = parts_.house.clock.now();
  std::vector<web::sink_view> all;
  for (std::size_t i = 0; i < shown_.sinks.size(); ++i) {
    auto const counts = parts_.deliveries.counts(static_cast<notify::sink_index>(i));
    auto const outbox = outbox_of(shown_.sinks[i].name);
    web::sink_view v;
    v.name = shown_.sinks[i].name;
    v.type = shown_.sinks[i].type;
    v.pending = outbox.waiting;
    v.dead = outbox.dead;
    v.delivered = counts.delivered;
    if (counts.paused) v.paused_until = wall_of(counts.paused_until.value_or(now.mono), now);
    bool const wrong = counts.failing || counts.paused || counts.disabled;
    if (wrong && !counts.last_error.empty()) v.last_error = counts.last_error;
    all.push_back(std::move(v));
  }
  co_return std::move(all);
}

void front::add_sinks(bool counted, web::metric_values& to) const {
  for (std::size_t i = 0; i < shown_.sinks.size(); ++i) {
    auto const counts = parts_.deliveries.counts(static_cast<notify::sink_index>(i));
    web::sink_metrics m;
    m.name = shown_.sinks[i].name;
    m.delivered = counts.delivered;
    m.failed = counts.failed;
    m.died = counts.dead;
    if (counted) {
      auto const outbox = outbox_of(m.name);
      m.pending = outbox.waiting;
      m.dead = outbox.dead;
    }
    to.sinks.push_back(std::move(m));
  }
}

/// Some at a time. What a reload comes between begins anew.
boost::asio::awaitable<watch::engine_counts> front::count_jobs() const {
  watch::engine_counts all;
  std::uint64_t round = round_;
  while (all.jobs < parts_.watching.settings().jobs.size()) {
    parts_.watching.count(static_cast<watch::job_index>(all.jobs), counted_at_once, all);
    co_await boost::asio::post(parts_.house.loop, boost::asio::use_awaitable);
    if (std::exchange(round, round_) != round_) all = {};
  }
  co_return all;
}

/// The same.
boost::asio::awaitable<std::vector<web::job_metrics>> front::job_series(std::size_t most) const {
  std::vector<web::job_metrics> all;
  std::uint64_t round = round_;
  while (all.size() < std::min(most, shown_.by_name.size())) {
    add_jobs(std::min(most, all.size() + told_at_once), all);
    co_await boost::asio::post(parts_.house.loop, boost::asio::use_awaitable);
    if (std::exchange(round, round_) != round_) all.clear();
  }
  co_return std::move(all);
}

/// Up to so many in all.
void front::add_jobs(std::size_t to, std::vector<web::job_metrics>& all) const {
  watch::options const& what = parts_.watching.settings();
  for (std::size_t i = all.size(); i < std::min(to, shown_.by_name.size()); ++i) {
    watch::job_index const job = shown_.by_name[i];
    auto const how = parts_.watching.standing_of(job);
    web::job_metrics m;
    m.name = what.jobs[job].name;
    m.running = !how.running.empty();
    // A job that is done is asked no more: the time of its last poll would only look ever worse.
    if (how.state != watch::job_state_kind::done) m.last_success_poll = stamp_of(how.heard);
    m.finished = board_.of(what, what.jobs[job]).ended;
    all.push_back(std::move(m));
  }
}

boost::asio::awaitable<web::metric_values> front::metrics(std::size_t most_jobs) {
  auto const counted = co_await count_outbox();
  web::metric_values v;
  v.version = base::version();
  auto const by_state = co_await count_jobs();
  v.jobs = counts_of(by_state);
  v.each_job = co_await job_series(most_jobs);
  auto const& providers = parts_.watching.settings().providers;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    auto const how = parts_.watching.standing_of_provider(static_cast<watch::provider_index>(i));
    v.providers.push_back({providers[i].name, how.up, how.answered, how.failed});
  }
  add_sinks(counted.has_value(), v);
  auto const& numbers = parts_.watching.statistics();
  v.poll_duration = histogram_of(numbers.took);
  v.schedule_lag = histogram_of(numbers.lag);
  v.reload_successful = reload_well_;
  v.last_good_reload = read_at_;
  v.process = process_.now();
  co_return std::move(v);
}

/// Everybody may ask for the daemon's health, and nobody need know by that where its files are.
std::string front::without_path(std::string text) const {
  for (auto at = text.find(path_); at != std::string::npos && !path_.empty(); at = text.find(path_, at)) {
    text.replace(at, path_.size(), "its file");
  }
  return text;
}

/// Anew, unless that has just been done, or is being done.
boost::asio::awaitable<void> front::probe_store() {
  base::time_point const now = parts_.house.clock.now().mono;
  bool const fresh = probed_ != base::time_point::min() && now - probed_ < probed_for;
  if (fresh || probing_since_) co_return;
  probing_since_ = now;
  auto const well = co_await parts_.kept.probe();
  probed_ = parts_.house.clock.now().mono;
  probing_since_.reset();
  store_trouble_ = well ? std::string() : without_path(well.error().text);
}

boost::asio::awaitable<web::health> front::health() {
  co_await probe_store();
  web::health found;
  base::time_point const now = parts_.house.clock.now().mono;
  if (!store_trouble_.empty()) {
    found.unhealthy.push_back("the store cannot commit: " + store_trouble_);
  } else if (!parts_.journal.works()) {
    found.unhealthy.push_back("the store did not take the last events; the log says why");
  }
  if (probing_since_ && now - *probing_since_ > answers_within) {
    found.unhealthy.push_back(
        fmt::format("the store has not answered for {}", model::for_people(now - *probing_since_)));
  }
  auto const& providers = parts_.watching.settings().providers;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    auto const how = parts_.watching.standing_of_provider(static_cast<watch::provider_index>(i));
    if (how.watched && !how.tried()) {
      found.unready.push_back(fmt::format("provider {} has not answered yet", providers[i].name));
    }
  }
  co_return std::move(found);
}

}  // namespace buildwatch::service

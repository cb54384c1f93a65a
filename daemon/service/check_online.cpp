// `check --online`: one question for each job, one connection to each webhook host.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/print.hpp"
#include "buildwatch/codearts/source.hpp"
#include "buildwatch/net/client.hpp"
#include "buildwatch/service/commands.hpp"
#include "service/sleep.hpp"
#include "service/task.hpp"

namespace buildwatch::service {
namespace {

using boost::asio::awaitable;

/// What the questions of one provider share.
struct asking {
  service::house& house;
  config::settings const& what;
  std::uint32_t provider = 0;
  watch::build_source& source;
  bool all_well = true;
};

struct finding {
  bool well = false;
  std::string text;
};

finding judge_build(model::observation const& seen, watch::job_options const& job) {
  switch (seen.sight) {
    case model::sight::running: return {true, fmt::format("build {} is running", job.build)};
    case model::sight::finished: {
      auto const words = job.outcomes ? *job.outcomes : model::outcome_words{};
      return {true, fmt::format("build {} has finished: {}", job.build, to_string(outcome_of(seen.word, words)))};
    }
    case model::sight::undecided: return {true, fmt::format("build {} is queued", job.build)};
    default: return {false, seen.text};
  }
}

finding not_found(watch::job_options const& job) {
  return {false,
          fmt::format("not_found: the provider knows no job {}; check job_id, region and endpoint", job.job_id.view())};
}

finding judge_job(model::observation const& seen, watch::job_options const& job) {
  switch (seen.sight) {
    case model::sight::job_exists:
      return {true, fmt::format("build {} does not exist yet; it is waited for", job.build)};
    case model::sight::refused_call:
      return {true, fmt::format("build {} does not exist yet; whether the job does could not be asked ({})", job.build,
                                seen.text)};
    case model::sight::no_such_job: return not_found(job);
    default: return {false, seen.text};
  }
}

/// What running-status or, where that is refused, the build list told of a job that is followed.
finding judge_newest(model::observation const& seen, watch::job_options const& job, watch::asks asked) {
  switch (seen.sight) {
    case model::sight::job_exists:
      if (seen.number != 0) return {true, fmt::format("newest build is {}", seen.number)};
      return {true, asked == watch::asks::newest ? "exists, never built" : "exists, not built within a month"};
    case model::sight::refused_call:
      return {true, fmt::format("which build is the newest could not be asked ({}); it is looked for build by build",
                                seen.text)};
    case model::sight::no_such_job: return not_found(job);
    default: return {false, seen.text};
  }
}

awaitable<finding> ask_followed(asking& a, watch::job_options const& job, model::observation& seen) {
  watch::query query{watch::asks::newest, job.job_id};
  co_await a.source.ask(query, seen);
  if (seen.sight == model::sight::refused_call) {
    query.what = watch::asks::list;
    co_await a.source.ask(query, seen);
  }
  co_return judge_newest(seen, job, query.what);
}

awaitable<finding> ask_job(asking& a, watch::job_options const& job, model::observation& seen) {
  if (job.build == 0) co_return co_await ask_followed(a, job, seen);
  watch::query query{watch::asks::build, job.job_id, job.build};
  co_await a.source.ask(query, seen);
  if (seen.sight != model::sight::no_such_build) co_return judge_build(seen, job);
  query.what = watch::asks::newest;
  co_await a.source.ask(query, seen);
  co_return judge_job(seen, job);
}

/// After some answers nothing more is asked of a provider: five refusals lock a key (codearts-api.md 3.2), and who asks
/// for a pause gets one.
std::string_view why_to_stop(model::observation const& seen) {
  if (seen.sight != model::sight::failed) return {};
  if (seen.fault == model::fault::refused) return "the credentials were refused";
  if (seen.fault == model::fault::throttled) return "the provider asks for a pause";
  return {};
}

// One request at a time.
awaitable<void> ask_provider(asking& a) {
  auto const& provider = a.what.watch.providers[a.provider];
  auto const pause =
      std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(1 / provider.rate_per_second));
  model::observation seen;
  std::string_view why_not;
  base::time_point next = base::time_point::min();
  for (auto const& job : a.what.watch.jobs) {
    if (job.provider != a.provider) continue;
    finding found{false, "not asked: " + std::string(why_not)};
    if (why_not.empty()) {
      co_await sleep_until(a.house.timer.alarms(), next);
      next = a.house.clock.now().mono + pause;
      found = co_await ask_job(a, job, seen);
      why_not = why_to_stop(seen);
    }
    a.all_well = a.all_well && found.well;
    base::print_line(stdout, fmt::format("job {}: {}: {}", job.name, found.well ? "ok" : "FAILED", found.text));
    std::fflush(stdout);
  }
}

awaitable<void> try_webhook(service::house& house, sinks::sink_options const& sink, bool& all_well) {
  auto const& hook = std::get<sinks::webhook_options>(sink.kind);
  net::client_options options;
  options.origin = hook.url;
  options.tls = hook.tls;
  options.proxy = hook.proxy;
  auto client = net::make_client(house.net, std::move(options));
  std::string trouble;
  if (!client) {
    trouble = client.error().text;
  } else {
    auto const failed = co_await (*client)->connect(house.clock.now().mono + hook.timeout);
    if (failed) trouble = failed->text;
    (*client)->close();
  }
  all_well = all_well && trouble.empty();
  std::string const& found = trouble.empty() ? "connected to " + hook.url.shown() : trouble;
  base::print_line(stdout,
                   fmt::format("sink {}: {}: {}", sink.delivery.name, trouble.empty() ? "ok" : "FAILED", found));
}

awaitable<void> ask_everything(service::house& house, config::settings const& what, std::vector<asking>& providers,
                               bool& all_well) {
  for (asking& a : providers) {
    co_await ask_provider(a);
    a.source.stop();
    all_well = all_well && a.all_well;
  }
  for (auto const& sink : what.sinks) {
    if (std::holds_alternative<sinks::webhook_options>(sink.kind)) co_await try_webhook(house, sink, all_well);
  }
}

}  // namespace

bool check_online(config::settings const& what, base::log& log) {
  service::house house;
  codearts::parts const shared{house.net, log};
  std::vector<std::unique_ptr<watch::build_source>> sources;
  std::vector<asking> providers;
  bool all_well = true;
  for (std::uint32_t i = 0; i < what.providers.size(); ++i) {
    auto source = codearts::make_source(shared, what.providers[i]);
    if (!source) {
      base::print_line(stdout, "FAILED: " + source.error().text);
      all_well = false;
      continue;
    }
    sources.push_back(std::move(*source));
    providers.push_back({house, what, i, *sources.back()});
  }
  run_to_end(house, ask_everything(house, what, providers, all_well));
  return all_well;
}

}  // namespace buildwatch::service

// `check --online`: one question for each job, one connection to each webhook host.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

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

finding judge_job(model::observation const& seen, watch::job_options const& job) {
  switch (seen.sight) {
    case model::sight::job_exists:
      return {true, fmt::format("build {} does not exist yet; it is waited for", job.build)};
    case model::sight::refused_call:
      return {true, fmt::format("build {} does not exist yet; whether the job does could not be asked ({})", job.build,
                                seen.text)};
    case model::sight::no_such_job:
      return {false,
              fmt::format("not_found: the provider knows no job {}; check job_id, region and endpoint", job.job_id)};
    default: return {false, seen.text};
  }
}

awaitable<finding> ask_job(asking& a, watch::job_options const& job, model::observation& seen) {
  watch::query query{watch::asks::build, job.job_id, job.build};
  co_await a.source.ask(query, seen);
  if (seen.sight != model::sight::no_such_build) co_return judge_build(seen, job);
  query.what = watch::asks::job;
  co_await a.source.ask(query, seen);
  co_return judge_job(seen, job);
}

// One request at a time, and none after the credentials were refused: five refusals lock a key (codearts-api.md 3.2).
awaitable<void> ask_provider(asking& a) {
  auto const& provider = a.what.watch.providers[a.provider];
  auto const pause =
      std::chrono::duration_cast<base::duration>(std::chrono::duration<double>(1 / provider.rate_per_second));
  model::observation seen;
  bool refused = false;
  for (auto const& job : a.what.watch.jobs) {
    if (job.provider != a.provider) continue;
    finding found{false, "not asked: the credentials were refused"};
    if (!refused) {
      found = co_await ask_job(a, job, seen);
      refused = seen.sight == model::sight::failed && seen.fault == model::fault::refused;
      co_await sleep_until(a.house.timer.alarms(), a.house.clock.now().mono + pause);
    }
    a.all_well = a.all_well && found.well;
    fmt::print("job {}: {}: {}\n", job.name, found.well ? "ok" : "FAILED", found.text);
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
  fmt::print("sink {}: {}: {}\n", sink.delivery.name, trouble.empty() ? "ok" : "FAILED",
             trouble.empty() ? "connected to " + hook.url.shown() : trouble);
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
  std::signal(SIGPIPE, SIG_IGN);
  service::house house;
  codearts::parts const shared{house.net, log};
  std::vector<std::unique_ptr<watch::build_source>> sources;
  std::vector<asking> providers;
  bool all_well = true;
  for (std::uint32_t i = 0; i < what.providers.size(); ++i) {
    auto source = codearts::make_source(shared, what.providers[i]);
    if (!source) {
      fmt::print("provider {}: FAILED: {}\n", what.providers[i].name, source.error().text);
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

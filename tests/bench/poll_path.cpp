// The daemon's own poll path at saturation: engine, loop, signed requests, TLS, parsing and tracking, with more polls
// due than one core can send. Everything is the daemon's but the journal, which remembers nothing.
#include <boost/asio/awaitable.hpp>

#include "arguments.hpp"
#include "buildwatch/codearts/source.hpp"
#include "buildwatch/watch/loop.hpp"
#include "measurement.hpp"
#include "service/house.hpp"

namespace {

using namespace buildwatch;

class forgetful_journal final : public watch::journal {
 public:
  boost::asio::awaitable<base::result<void>> commit(std::vector<watch::transition>) override {
    co_return base::result<void>{};
  }
  boost::asio::awaitable<base::result<void>> remember(watch::memory) override { co_return base::result<void>{}; }
  boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string, std::string) override {
    co_return std::vector<forecast::past_build>();
  }
};

class stderr_log final : public base::log {
 public:
  [[nodiscard]] bool wants(base::log_level level) const override { return level >= base::log_level::warn; }
  void write(base::log_event const& e) override {
    if (wants(e.level)) std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(e.id.size()), e.id.data(), e.text.c_str());
  }
};

codearts::provider_options provider(bench::arguments const& a) {
  codearts::provider_options p;
  p.name = "huawei";
  p.region = "cn-north-4";
  p.endpoint.host = a.host;
  p.endpoint.port = a.port;
  codearts::aksk_auth keys;
  keys.access_key = base::secret("BENCHACCESSKEY000000");
  keys.secret_key = base::secret("benchsecretkeybenchsecretkeybenchsecretk");
  p.auth = std::move(keys);
  p.connections = a.connections;
  p.rate_per_second = 1e9;  // the configuration's bound is far below; here nothing but the core may be the limit
  p.tls.ca_file = a.ca_file;
  return p;
}

watch::options jobs(bench::arguments const& a) {
  watch::timing times;
  times.idle = a.interval;
  times.building = a.interval;
  auto const shared_times = std::make_shared<watch::timing const>(times);
  auto const labels = std::make_shared<model::labels const>();
  watch::options what;
  what.providers.push_back({"huawei", a.connections, 1e9});
  for (unsigned i = 0; i < a.jobs; ++i) {
    std::string const number = std::to_string(i);
    watch::job_options job;
    job.name = "job-" + number;
    job.job_id = std::string(32 - number.size(), '0') + number;
    job.build = 1;
    job.times = shared_times;
    job.labels = labels;
    what.jobs.push_back(std::move(job));
  }
  return what;
}

/// Measures once every job has had its first answer, which is also an event, then ends the loop.
class stopwatch final : public base::alarm {
 public:
  stopwatch(bench::arguments const& a, service::house& house, watch::loop& loop) : a_(a), house_(house), loop_(loop) {
    again_in(a_.warm_up);
  }

 private:
  void ring(base::time_point) override {
    auto const& s = loop_.statistics();
    bench::counts const now{s.polls, s.failed_polls};
    if (measuring_) {
      measured_.print(now);
      loop_.stop([this] { house_.close(); });
    } else if (now.polls < a_.jobs) {
      again_in(std::chrono::milliseconds(10));
    } else {
      measuring_ = true;
      measured_.begin(now);
      again_in(a_.time);
    }
  }
  void again_in(base::duration wait) { house_.timer.alarms().set(*this, house_.clock.now().mono + wait); }

  bench::arguments const& a_;
  service::house& house_;
  watch::loop& loop_;
  bench::measurement measured_;
  bool measuring_ = false;
};

}  // namespace

int main(int count, char** words) {
  bench::arguments const a = bench::read_arguments(count, words);
  service::house house;
  stderr_log log;
  forgetful_journal journal;
  codearts::parts const shared{house.net, log};
  auto source = codearts::make_source(shared, provider(a));
  if (!source) bench::die(source.error().text.c_str());
  watch::loop_parts parts{house.loop.get_executor(), house.clock, house.timer.alarms(), log, journal,
                          {std::move(*source)}};
  watch::loop loop(std::move(parts), jobs(a), {});
  stopwatch measuring(a, house, loop);
  loop.start();
  house.loop.run();
}

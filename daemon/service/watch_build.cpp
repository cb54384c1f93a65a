// `watch JOB`: one build followed to its end, and drawn meanwhile.
#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <memory>

#include "buildwatch/codearts/source.hpp"
#include "buildwatch/notify/format.hpp"
#include "buildwatch/service/commands.hpp"
#include "buildwatch/store/reader.hpp"
#include "service/follow_build.hpp"
#include "service/progress_text.hpp"
#include "service/task.hpp"
#include "service/terminal.hpp"

namespace buildwatch::service {
namespace {

using namespace std::chrono_literals;

constexpr base::duration redraw = 250ms;
constexpr int by_signal = 128;  // what a shell adds to the signal's number

/// What the daemon's store knows of the job, where there is one that can be read.
past_builds known_to_store(config::settings const& what, watch::job_options const& job) {
  std::vector<model::build> builds;
  try {
    auto const store = store::reader::open(what.store.path);
    if (!store || !*store) return {};
    store::reader::job const of{what.watch.providers[job.provider].name, job.job_id.str()};
    for (auto& row : (*store)->builds(of, 0, forecast::most_past_builds).rows) builds.push_back(std::move(row.build));
  } catch (std::exception const&) {
    return {};  // it is of use, but not needed: the provider knows as well
  }
  return past_builds(std::move(builds));
}

/// Waits for a time, or until somebody wakes it for good.
class nap final : public base::alarm {
 public:
  nap(boost::asio::any_io_executor const& executor, base::alarms& alarms)
      : alarms_(alarms), timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  boost::asio::awaitable<void> until(base::time_point when) {
    if (woken_) co_return;
    alarms_.set(*this, when);
    boost::system::error_code ended;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
  }
  void wake() {
    woken_ = true;
    timer_.cancel();
  }

 private:
  void ring(base::time_point) override { timer_.cancel(); }

  base::alarms& alarms_;
  boost::asio::steady_timer timer_;
  bool woken_ = false;
};

/// Draws how things stand, four times a second on a terminal.
class drawing final : public base::alarm {
 public:
  drawing(house& on, build_follower const& what, terminal& where) : on_(on), what_(what), where_(where) {
    ring(on_.clock.now().mono);
  }
  void show() {
    base::instant const now = on_.clock.now();
    follow_view const v = progress_.of(what_.view(now));
    if (where_.draws()) {
      where_.draw(bar_line(v, beat_, where_.style()));
    } else if (auto const line = lines_.next(v, now.mono)) {
      where_.say(*line);
    }
  }

 private:
  void ring(base::time_point now) override {
    ++beat_;
    show();
    on_.timer.alarms().set(*this, now + redraw);
  }

  house& on_;
  build_follower const& what_;
  terminal& where_;
  held_progress progress_;
  plain_lines lines_;
  std::uint64_t beat_ = 0;
};

/// The signals that end it, and the one that tells of a new size.
class interruptions {
 public:
  interruptions(house& on, watch::build_source& source, nap& waiting, drawing& picture)
      : source_(source),
        waiting_(waiting),
        picture_(picture),
        ends_(on.loop, SIGINT, SIGTERM, SIGHUP),
        sizes_(on.loop, SIGWINCH) {
    ends_.async_wait([this](boost::system::error_code ended, int number) {
      if (ended) return;
      number_ = number;
      source_.stop();
      waiting_.wake();
    });
    wait_for_size();
  }
  void cancel() {
    ends_.cancel();
    sizes_.cancel();
  }
  /// 0: none.
  [[nodiscard]] int number() const { return number_; }

 private:
  void wait_for_size() {
    sizes_.async_wait([this](boost::system::error_code ended, int) {
      if (ended) return;
      picture_.show();
      wait_for_size();
    });
  }

  watch::build_source& source_;
  nap& waiting_;
  drawing& picture_;
  boost::asio::signal_set ends_;
  boost::asio::signal_set sizes_;
  int number_ = 0;
};

struct watching {
  house& on;
  std::string_view job_id;
  watch::build_source& source;
  build_follower& build;
  nap& waiting;
  drawing& picture;
  interruptions& signals;
};

boost::asio::awaitable<void> follow(watching& w) {
  model::observation seen;
  while (auto const next = w.build.next()) {
    co_await w.waiting.until(next->due);
    if (w.signals.number() != 0) break;
    if (!w.build.tick(w.on.clock.now())) continue;
    watch::query query;
    query.what = next->what;
    query.job_id = w.job_id;
    query.build = next->build;
    base::time_point const sent = w.on.clock.now().mono;
    co_await w.source.ask(query, seen);
    if (w.signals.number() != 0) break;
    w.build.take(seen, sent, w.on.clock.now());
    if (!w.build.end()) w.picture.show();
  }
  w.source.stop();
  w.signals.cancel();
}

std::string name_of(follow_view const& v) { return v.number == 0 ? v.job : fmt::format("{} #{}", v.job, v.number); }

int last_words(build_follower const& build, int signal, base::instant now, terminal& out) {
  std::string const name = name_of(build.view(now));
  auto const& end = build.end();
  if (!end) {
    out.say(fmt::format("stopped watching {}; the build goes on", name));
    return by_signal + signal;
  }
  if (!end->outcome) {
    out.say(notify::clean_line(fmt::format("{} could not be watched: {}", name, end->why)));
  } else {
    out.say(out.draws() ? notify::headline(end->event, out.colour()) : notify::clean_line(model::summary(end->event)));
  }
  return exit_code(*end);
}

}  // namespace

int watch_build(config::settings const& what, std::size_t job, std::uint32_t build, base::log& log) {
  service::house house;
  terminal out;
  log_above quiet(log, out);
  follow_options options;
  options.job = what.watch.jobs.at(job);
  if (build != 0) options.job.build = build;
  auto const& provider = what.watch.providers[options.job.provider];
  options.provider = provider.name;
  options.rate_per_second = provider.rate_per_second;
  codearts::parts const shared{house.net, quiet};
  auto const source = codearts::make_source(shared, what.providers[options.job.provider]);
  if (!source) {
    out.say(source.error().text);
    return 78;
  }
  build_follower follower(options, known_to_store(what, options.job), house.clock.now());
  nap waiting(house.loop.get_executor(), house.timer.alarms());
  drawing picture(house, follower, out);
  interruptions signals(house, **source, waiting, picture);
  watching w{house, options.job.job_id, **source, follower, waiting, picture, signals};
  run_to_end(house, follow(w));
  return last_words(follower, signals.number(), house.clock.now(), out);
}

}  // namespace buildwatch::service

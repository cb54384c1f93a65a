// `type: exec`: a program for each event.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>

#include "buildwatch/notify/format.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "sinks/output_lines.hpp"
#include "sinks/program.hpp"

namespace buildwatch::sinks {
namespace {

using boost::asio::awaitable;
using boost::asio::posix::stream_descriptor;
using namespace std::chrono_literals;

// How long a killed program may take to be gone; a process stuck in the kernel is not waited for longer.
constexpr base::duration kill_grace = 500ms;
// What may still be in the pipe when the program has ended; its descendants may go on writing.
constexpr std::size_t most_drained = 1024 * 1024;

/// One program that runs: in the frame of its deliver(), known to its sink.
struct run final : base::alarm {
  run(net::context const& net_, program started, output_lines lines_)
      : net(net_), child(std::move(started)), exit(net.executor), output(net.executor), lines(std::move(lines_)) {
    // By codes: an exception from here would close a descriptor that is the child's to close as well.
    exit.assign(child.exit.get(), fault);
    if (!fault) output.assign(child.output.get(), fault);
  }
  ~run() override {
    // The descriptors are the child's to close.
    if (exit.is_open()) exit.release();
    if (output.is_open()) output.release();
  }

  void kill(base::time_point now) {
    child.kill_group();
    killed = true;
    net.alarms.set(*this, now + kill_grace);
  }
  void ring(base::time_point now) override {
    if (!killed) {
      timed_out = true;
      return kill(now);
    }
    abandoned = true;
    boost::system::error_code ignored;
    exit.cancel(ignored);
  }

  net::context const& net;
  program child;
  boost::system::error_code fault;  ///< why the loop can not watch the child
  stream_descriptor exit, output;
  output_lines lines;
  std::optional<program_end> end;
  bool killed = false, timed_out = false, abandoned = false, stopped = false;
};

awaitable<void> read_output(run& r) {
  std::array<char, 4096> buffer;
  // A descendant may keep the pipe open and full: the end of the program is the end of reading.
  while (!r.end && !r.abandoned) {
    auto const [ec, size] = co_await r.output.async_read_some(boost::asio::buffer(buffer),
                                                              boost::asio::as_tuple(boost::asio::use_awaitable));
    if (ec) co_return;
    r.lines.feed(std::string_view(buffer.data(), size));
  }
}

// What is there already is the program's; what a descendant that keeps the pipe prints later is not waited for.
void drain(run& r) {
  std::array<char, 4096> buffer;
  for (std::size_t total = 0; total < most_drained;) {
    ssize_t const size = ::read(r.child.output.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    r.lines.feed(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    total += static_cast<std::size_t>(size);
  }
  r.lines.finish();
}

awaitable<void> wait_for_end(run& r) {
  while (!r.end && !r.abandoned) {
    co_await r.exit.async_wait(stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    r.end = r.child.reap();
  }
  boost::system::error_code ignored;
  r.output.cancel(ignored);  // ends a read that waits
}

notify::attempt to_attempt(run const& r, base::duration timeout) {
  notify::attempt result;
  if (r.end && r.end->exited && r.end->number == 0 && !r.end->lost)
    result.verdict = notify::verdict::delivered;
  else if (r.stopped)
    result.verdict = notify::verdict::stopped;
  if (!r.end)
    result.answer = "killed, but not gone";
  else if (r.end->lost)
    result.answer = status_lost;
  else if (r.end->exited)
    result.answer = fmt::format("exit status {}", r.end->number);
  else
    result.answer = fmt::format("killed by signal {}", r.end->number);
  if (r.timed_out) result.answer += fmt::format(" (timed out after {})", model::wait_for_people(timeout));
  return result;
}

/// `BUILDWATCH_*` of the contract: empty where null. Cleaned, as a line break or a control character in a variable is a
/// trap for scripts.
environment event_environment(model::event const& e) {
  auto const outcome = e.build && e.build->outcome ? model::to_string(*e.build->outcome) : std::string_view();
  environment all{{"BUILDWATCH_EVENT_ID", e.id},
                  {"BUILDWATCH_EVENT_TYPE", std::string(model::to_string(e.type))},
                  {"BUILDWATCH_PROVIDER", e.provider},
                  {"BUILDWATCH_JOB", e.job ? e.job->name : ""},
                  {"BUILDWATCH_JOB_ID", e.job ? e.job->job_id : ""},
                  {"BUILDWATCH_BUILD", e.build ? fmt::to_string(e.build->number) : ""},
                  {"BUILDWATCH_OUTCOME", std::string(outcome)},
                  {"BUILDWATCH_CHANGE", e.change ? std::string(model::to_string(*e.change)) : ""},
                  {"BUILDWATCH_SUMMARY", model::summary(e)}};
  for (auto& [name, value] : all) value = notify::clean_line(value);
  return all;
}

class exec_sink final : public notify::sink {
 public:
  exec_sink(parts const& shared, exec_options options, std::string name)
      : net_(shared.net),
        log_(shared.log),
        inherited_(shared.inherited),
        options_(std::move(options)),
        name_(std::move(name)) {
    std::vector<std::string_view> values;
    for (auto const& [key, value] : options_.env) values.push_back(value.reveal());
    hidden_ = secret_texts(values);
  }

  awaitable<notify::attempt> deliver(notify::delivery const& what) override;

  void stop() override {
    stopped_ = true;
    for (run* r : running_) {
      r->stopped = true;
      r->kill(net_.clock.now().mono);
    }
  }

 private:
  /// Later ones win: the user's `env` over what is inherited, the event over both.
  [[nodiscard]] std::vector<std::string> variables(model::event const& e) const {
    std::map<std::string, std::string> all(inherited_.begin(), inherited_.end());
    for (auto const& [key, value] : options_.env) all[key] = value.reveal();
    for (auto& [key, value] : event_environment(e)) all[key] = std::move(value);
    std::vector<std::string> lines;
    for (auto const& [key, value] : all) lines.push_back(fmt::format("{}={}", key, value));
    return lines;
  }

  [[nodiscard]] output_lines lines_to_log(model::event const& e) const {
    return output_lines(hidden_, [this, id = e.id](std::string const& line) {
      log_.write({base::log_level::info,
                  "exec.output",
                  fmt::format("sink {}: {}", name_, line),
                  {{"sink", name_}, {"event_id", id}}});
    });
  }

  net::context const& net_;
  base::log& log_;
  environment inherited_;
  exec_options options_;
  std::string name_;
  std::vector<std::string> hidden_;
  std::list<run*> running_;
  bool stopped_ = false;
};

awaitable<notify::attempt> exec_sink::deliver(notify::delivery const& what) {
  notify::attempt result;
  result.verdict = notify::verdict::stopped;
  if (stopped_) co_return result;
  auto started = program::start(options_.command, variables(what.event), notify::standard_json(what.event) + "\n");
  if (!started) {
    result.verdict = notify::verdict::retry;
    result.answer = notify::clean_line(started.error().text, 300);
    co_return result;
  }
  run r(net_, std::move(*started), lines_to_log(what.event));
  if (r.fault) {  // killed as it goes
    result.verdict = notify::verdict::retry;
    result.answer = "can not be watched: " + r.fault.message();
    co_return result;
  }
  net_.alarms.set(r, what.now.mono + options_.timeout);
  running_.push_back(&r);
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (wait_for_end(r) && read_output(r));
  running_.remove(&r);
  drain(r);
  result = to_attempt(r, options_.timeout);
  co_return result;
}

}  // namespace

std::unique_ptr<notify::sink> make_exec_sink(parts const& shared, exec_options const& options,
                                             std::string const& name) {
  return std::make_unique<exec_sink>(shared, options, name);
}

}  // namespace buildwatch::sinks

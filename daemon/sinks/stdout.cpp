// `type: stdout`: a line an event, for people or (json) for programs.
#include <fmt/format.h>

#include <cstring>

#include "buildwatch/notify/format.hpp"
#include "buildwatch/sinks/sinks.hpp"
#include "sinks/console.hpp"
#include "sinks/line_writer.hpp"

namespace buildwatch::sinks {
namespace {

notify::attempt to_attempt(line_writer::outcome const& outcome) {
  notify::attempt result;
  switch (outcome.end) {
    case line_writer::end::written:
      result.verdict = notify::verdict::delivered;
      result.answer = "written";
      break;
    case line_writer::end::failed:
      result.verdict = notify::verdict::retry;
      result.answer = fmt::format("write to standard output: {}", std::strerror(outcome.error));
      break;
    case line_writer::end::stopped: result.verdict = notify::verdict::stopped; break;
  }
  return result;
}

class stdout_sink final : public notify::sink {
 public:
  stdout_sink(parts const& shared, stdout_options const& options)
      : executor_(shared.net.executor),
        turns_(shared.turns),
        writer_(executor_, shared.stdout_fd),
        json_(options.format == stdout_options::style::json),
        colour_(shared.colours && writer_.terminal()) {}

  boost::asio::awaitable<notify::attempt> deliver(notify::delivery const& what) override {
    std::string line = json_ ? notify::standard_json(what.event) : notify::text_line(what.event, colour_);
    line += '\n';
    line_writer::outcome outcome;
    outcome.end = line_writer::end::stopped;
    if (!stopped_ && co_await turns_->take(this, executor_)) {
      if (turns_->torn) line.insert(line.begin(), '\n');
      outcome = co_await writer_.write(line);
      if (outcome.begun) turns_->torn = outcome.end != line_writer::end::written;
      turns_->give();
    }
    notify::attempt result = to_attempt(outcome);
    co_return result;
  }

  void stop() override {
    stopped_ = true;
    turns_->leave(this);
    writer_.stop();
  }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<console> turns_;
  line_writer writer_;
  bool json_;
  bool colour_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<notify::sink> make_stdout_sink(parts const& shared, stdout_options const& options) {
  return std::make_unique<stdout_sink>(shared, options);
}

}  // namespace buildwatch::sinks

// `type: log`: events in the daemon's own log.
#include <array>
#include <boost/asio/awaitable.hpp>

#include "buildwatch/model/log_fields.hpp"
#include "buildwatch/notify/format.hpp"
#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {
namespace {

// Message ids are literals; the order is that of model::event_type.
constexpr std::array<std::string_view, 7> ids{
    "event.build.started", "event.build.finished",       "event.build.overdue",     "event.job.unreachable",
    "event.job.recovered", "event.provider.unreachable", "event.provider.recovered"};

bool worrying(model::event const& e) {
  bool const failed = e.build && e.build->outcome == model::outcome::failure;
  return failed || e.type == model::event_type::job_unreachable || e.type == model::event_type::provider_unreachable;
}

base::log_event as_log_event(model::event const& e, std::string const& sink) {
  base::log_event out{worrying(e) ? base::log_level::warn : base::log_level::info,
                      ids[static_cast<std::size_t>(e.type)],
                      notify::clean_line(model::summary(e)),
                      {{"sink", sink}}};
  if (e.test) out.text += " [test]";
  model::add_fields(out, e);
  return out;
}

class log_sink final : public notify::sink {
 public:
  log_sink(base::log& log, std::string name) : log_(log), name_(std::move(name)) {}

  boost::asio::awaitable<notify::attempt> deliver(notify::delivery const& what) override {
    base::log_event const event = as_log_event(what.event, name_);
    if (log_.wants(event.level)) log_.write(event);
    notify::attempt result;
    result.verdict = notify::verdict::delivered;
    result.answer = "logged";
    co_return result;
  }
  void stop() override {}

 private:
  base::log& log_;
  std::string name_;
};

}  // namespace

std::unique_ptr<notify::sink> make_log_sink(parts const& shared, log_options const&, std::string const& name) {
  return std::make_unique<log_sink>(shared.log, name);
}

}  // namespace buildwatch::sinks

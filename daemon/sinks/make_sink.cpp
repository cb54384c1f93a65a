// Assembly: settings in, sinks out.
#include "buildwatch/sinks/sinks.hpp"

namespace buildwatch::sinks {
namespace {

using made = base::result<std::unique_ptr<notify::sink>>;

/// One overload a kind; std::visit does not compile where one is forgotten.
struct maker {
  parts const& shared;
  notify::delivery_options const& how;

  made operator()(stdout_options const& o) const { return make_stdout_sink(shared, o); }
  made operator()(log_options const& o) const { return make_log_sink(shared, o, how.name); }
  made operator()(webhook_options const& o) const { return make_webhook_sink(shared, o, how.concurrency); }
  made operator()(exec_options const& o) const { return make_exec_sink(shared, o, how.name); }
};

}  // namespace

base::result<std::unique_ptr<notify::sink>> make_sink(parts const& shared, sink_options const& options) {
  return std::visit(maker{shared, options.delivery}, options.kind);
}

}  // namespace buildwatch::sinks

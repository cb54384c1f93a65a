#include "service/run_journal.hpp"

#include <fmt/format.h>

#include <memory>

namespace buildwatch::service {

boost::asio::awaitable<base::result<void>> run_journal::commit(std::vector<model::event> events) {
  for (model::event& e : events) {
    e.sequence = ++sequence_;
    auto const sinks = rules_.sinks_for(e);
    if (log_.wants(base::log_level::debug)) {
      log_.write({base::log_level::debug,
                  "event.committed",
                  fmt::format("{} {}: {}; owed to {} sinks", e.id, to_string(e.type), summary(e), sinks.size()),
                  {{"event_id", e.id}}});
    }
    auto const kept = std::make_shared<model::event const>(std::move(e));
    deliveries_.send(kept, sinks);
  }
  co_return base::result<void>{};
}

}  // namespace buildwatch::service

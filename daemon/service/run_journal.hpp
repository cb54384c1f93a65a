// The journal of a run: numbers events and hands them to the sinks that the rules name. Remembers nothing beyond the
// run.
#pragma once

#include <cstdint>

#include "buildwatch/base/log.hpp"
#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/notify/rules.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::service {

class run_journal final : public watch::journal {
 public:
  /// All outlive it.
  run_journal(notify::rules const& rules, notify::dispatcher& deliveries, base::log& log)
      : rules_(rules), deliveries_(deliveries), log_(log) {}

  boost::asio::awaitable<base::result<void>> commit(std::vector<model::event> events) override;

 private:
  notify::rules const& rules_;
  notify::dispatcher& deliveries_;
  base::log& log_;
  std::uint64_t sequence_ = 0;
};

}  // namespace buildwatch::service

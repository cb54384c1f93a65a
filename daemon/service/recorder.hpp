// The journal of the daemon: a transition is routed by the rules, stored with what it owes, then announced.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "buildwatch/base/log.hpp"
#include "buildwatch/notify/dispatcher.hpp"
#include "buildwatch/notify/rules.hpp"
#include "buildwatch/store/store.hpp"
#include "buildwatch/watch/ports.hpp"

namespace buildwatch::service {

/// Rules, and the names of the sinks that they count.
struct routing {
  notify::rules rules;
  std::vector<std::string> sinks;
};

/// Port: who wants to know what has been stored. Loop thread only.
class audience {
 public:
  virtual ~audience() = default;
  /// Each event once, in order of sequence.
  virtual void told(model::event const& e) = 0;
  /// Builds of which no event tells.
  virtual void remembered(std::vector<watch::old_build> const& builds) = 0;
};

class recorder final : public watch::journal {
 public:
  /// All outlive it.
  recorder(std::shared_ptr<routing const> routes, store::store& kept, notify::dispatcher& deliveries, base::log& log)
      : routes_(std::move(routes)), kept_(kept), deliveries_(deliveries), log_(log) {}

  boost::asio::awaitable<base::result<void>> commit(std::vector<watch::transition> what) override;
  boost::asio::awaitable<base::result<void>> remember(watch::memory what) override;
  boost::asio::awaitable<base::result<std::vector<forecast::past_build>>> history(std::string provider,
                                                                                  std::string job_id) override;

  /// Events committed from now on go by these.
  void route_by(std::shared_ptr<routing const> routes) { routes_ = std::move(routes); }
  /// From now on `who` is told, too, instead of any other. It outlives that.
  void tell_also(audience& who) { audience_ = &who; }
  /// Not any more.
  void tell_no_more(audience const& who) {
    if (audience_ == &who) audience_ = nullptr;
  }
  /// Whether what was last to be stored could be.
  [[nodiscard]] bool works() const { return !failing_; }

 private:
  boost::asio::awaitable<base::result<void>> compare(std::vector<watch::transition>& what);
  [[nodiscard]] store::entry entry_of(watch::transition what) const;
  void tell(store::stored const& s, store::entry const& e) const;
  void note(bool well);

  std::shared_ptr<routing const> routes_;
  store::store& kept_;
  notify::dispatcher& deliveries_;
  base::log& log_;
  audience* audience_ = nullptr;
  bool failing_ = false;
};

}  // namespace buildwatch::service

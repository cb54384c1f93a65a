// A provider as the daemon sees it: questions that the world answers, late, wrongly or never.
#pragma once

#include <set>
#include <string>

#include "buildwatch/watch/ports.hpp"
#include "simulation/ground.hpp"
#include "simulation/oracle.hpp"
#include "simulation/world.hpp"

namespace buildwatch::simulation {

class source final : public watch::build_source {
 public:
  source(ground& on, world& truth, oracle& knows, std::string provider)
      : on_(on), world_(truth), knows_(knows), provider_(std::move(provider)) {}

  boost::asio::awaitable<void> ask(watch::query const& what, model::observation& into) override;
  bool credential_changed() override;
  void stop() override;

 private:
  /// How long an answer is waited for.
  [[nodiscard]] base::duration patience(watch::query const& what) const;
  boost::asio::awaitable<void> pass(base::duration time);

  ground& on_;
  world& world_;
  oracle& knows_;
  std::string provider_;
  std::set<sleepers::ticket> open_;
  bool stopped_ = false;
};

}  // namespace buildwatch::simulation
